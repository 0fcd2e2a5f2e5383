/// The operator writes nothing when nothing changes.
@NullMarked
package dev.comptroller.e2e.promises.rests;

import org.jspecify.annotations.NullMarked;
