/// A change of variant cuts no stream.
@NullMarked
package dev.comptroller.e2e.promises.rollout;

import org.jspecify.annotations.NullMarked;
