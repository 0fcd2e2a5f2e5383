package dev.comptroller.protocol;

import java.time.Instant;

/// The quarters of a UTC minute by which gateways count what comes.
public final class MinuteQuarter {
  private static final long MINUTE = 60;
  private static final long SECONDS = 15;

  private MinuteQuarter() {}

  /// The one that an instant is in, 0 to 3.
  public static int of(Instant at) {
    return (int) (Math.floorMod(at.getEpochSecond(), MINUTE) / SECONDS);
  }
}
