/// Who used a GPU and for how long, as exact arithmetic: what the runtime that measures and the
/// operator that pays must count alike. No clock, no I/O, no threads.
@NullMarked
package dev.comptroller.metering;

import org.jspecify.annotations.NullMarked;
