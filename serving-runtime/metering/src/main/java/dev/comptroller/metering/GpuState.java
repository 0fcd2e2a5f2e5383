package dev.comptroller.metering;

import java.util.Locale;

/// What a GPU of a node is paid for; at every instant exactly one of these.
public enum GpuState {
  /// Free, or its node boots or is being released; the pool's, not a namespace's.
  Unallocated,
  /// Bound to a replica whose process is not up yet.
  Start,
  /// Weights are being loaded and warmed.
  Load,
  /// Computes a step, whose time is divided over its sequences.
  Step,
  /// Ready, with nothing to compute.
  Idle,
  /// Ends its last streams, takes no new ones.
  Drain,
  /// A crash took what was known; at most one flush interval each.
  Unobserved;

  /// Whether the pool pays, not the namespace of a replica.
  public boolean isPools() {
    return this == Unallocated;
  }

  /// Its name in metrics and files, such as `idle`.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
