package dev.comptroller.decide.metering;

import dev.comptroller.metering.GpuState;

/// A stretch of one GPU's time in one state, `[start, end)` in nanoseconds of one clock.
///
/// @param state its state
/// @param start first nanosecond
/// @param end first nanosecond after it
public record GpuInterval(GpuState state, long start, long end) {
  public GpuInterval {
    if (start >= end) {
      throw new IllegalArgumentException(
          "%s from %d to %d ns is empty".formatted(state, start, end));
    }
  }

  /// How long it is.
  public long nanos() {
    return Math.subtractExact(end, start);
  }
}
