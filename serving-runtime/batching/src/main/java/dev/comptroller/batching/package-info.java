/// Continuous batching as a pure, single-threaded value machine: no clock, no I/O, no threads.
@NullMarked
package dev.comptroller.batching;

import org.jspecify.annotations.NullMarked;
