/// One entry, values in and values out: no clock, no I/O, no logger, no randomness.
@NullMarked
package dev.comptroller.decide;

import org.jspecify.annotations.NullMarked;
