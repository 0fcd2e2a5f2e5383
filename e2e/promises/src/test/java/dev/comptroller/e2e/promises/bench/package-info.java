/// The promises in full size, as `./comptroller bench` runs them.
@NullMarked
package dev.comptroller.e2e.promises.bench;

import org.jspecify.annotations.NullMarked;
