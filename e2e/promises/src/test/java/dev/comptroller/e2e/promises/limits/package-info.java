/// The batching limits of a manifest bind.
@NullMarked
package dev.comptroller.e2e.promises.limits;

import org.jspecify.annotations.NullMarked;
