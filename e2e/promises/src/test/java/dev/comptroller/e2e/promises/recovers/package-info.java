/// A dead runtime serves again.
@NullMarked
package dev.comptroller.e2e.promises.recovers;

import org.jspecify.annotations.NullMarked;
