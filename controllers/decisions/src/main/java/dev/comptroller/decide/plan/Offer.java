package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;

/// One way to serve a deployment: a variant on nodes of one place.
///
/// @param variant name of the rung
/// @param place where
/// @param quality the owner's figure, larger is better; variants of equal quality stand in for each
///   other
/// @param gpus GPUs of one replica, 1 or more; a replica never spans nodes
/// @param safe the most tokens a second of one replica that keep the SLO; zero if it is not known
/// @param running replicas of it that run now
/// @param start how long a new replica runs beside what it replaces: start, warm-up and drain
/// @param most how many there may be at most, whatever room there is
/// @param risk what losing one is expected to cost an hour, see [SpotRisk]
public record Offer(
    String variant,
    Place place,
    BigDecimal quality,
    int gpus,
    TokensPerSecond safe,
    int running,
    Duration start,
    int most,
    HourlyRate risk) {
  public Offer {
    if (gpus < 1) {
      throw new IllegalArgumentException(
          "gpus of %s is %d, not 1 or more".formatted(variant, gpus));
    }
    if (running < 0 || most < 0) {
      throw new IllegalArgumentException(
          "running %d and most %d of %s: need zero or more".formatted(running, most, variant));
    }
    if (start.isNegative()) {
      throw new IllegalArgumentException(
          "start of %s is %s, not zero or more".formatted(variant, start));
    }
  }

  /// It in words: `large on h100/spot`.
  public String label() {
    return variant + " on " + place.label();
  }
}
