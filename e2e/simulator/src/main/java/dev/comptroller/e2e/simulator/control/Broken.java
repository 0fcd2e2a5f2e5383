package dev.comptroller.e2e.simulator.control;

import java.time.Instant;

/// An invariant does not hold: names the seed and the virtual time, which reproduce it.
public final class Broken extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What is broken, in the run of `seed` at `second`.
  public Broken(long seed, long second, String invariant, String message) {
    super(
        "%s is broken at %s: %s (reproduce with --seed %d)"
            .formatted(invariant, Instant.ofEpochSecond(second), message, seed));
  }
}
