/// Who used a GPU, and for how long: every nanosecond and micro-dollar has exactly one owner.
@NullMarked
package dev.comptroller.decide.metering;

import org.jspecify.annotations.NullMarked;
