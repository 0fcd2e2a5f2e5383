package dev.comptroller.decide.scale;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A deployment of two rungs: large, $19/h and 2,800 tokens/s, and small, $4.75/h and 5,600.
final class Deployments {
  static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
  static final Variant LARGE = variant("large", "0.9", 8);
  static final Variant SMALL = variant("small", "0.7", 2);
  static final Duration START = Duration.ofMinutes(3);

  private static final int MINUTES = 90;

  private Deployments() {}

  static Variant variant(String name, String quality, int gpus) {
    return new Variant(name, "h100", gpus, new BigDecimal(quality), 0, "F16", 8, null, null, 60);
  }

  static RungSeen rung(String name, String hourly, double tokens, int running, int room) {
    return new RungSeen(
        name,
        HourlyRate.parse(hourly),
        new TokensPerSecond(Math.round(tokens * 1000)),
        null,
        true,
        running,
        room,
        START,
        null);
  }

  static List<RungSeen> rungs(int large, int small) {
    return List.of(rung("large", "19", 2_800, large, 10), rung("small", "4.75", 5_600, small, 10));
  }

  static ScalePolicy policy(int min, int max) {
    return policy(min, max, null, null);
  }

  static ScalePolicy policy(int min, int max, @Nullable String target, @Nullable Integer asked) {
    return new ScalePolicy(
        new Policy(
            "team",
            "chat",
            List.of(LARGE, SMALL),
            null,
            asked == null ? min : asked,
            new Scaling(min, max),
            target == null ? null : Cpm.parse(target)),
        asked,
        List.of(),
        Duration.ofMinutes(10),
        false,
        true,
        false,
        Duration.ofHours(1),
        ScalePolicy.Pace.DEFAULT,
        ScalePolicy.USUAL,
        ScalePolicy.Surplus.DELAYS_ALL);
  }

  /// A policy of what nobody set by hand.
  static ScalePolicy policy(
      Policy deployment,
      List<Schedule> schedules,
      Duration idleTimeout,
      boolean observe,
      boolean downgradeAllowed) {
    return new ScalePolicy(
        deployment,
        null,
        schedules,
        idleTimeout,
        observe,
        downgradeAllowed,
        false,
        Duration.ofHours(1),
        ScalePolicy.Pace.DEFAULT,
        ScalePolicy.USUAL,
        ScalePolicy.Surplus.DELAYS_ALL);
  }

  /// The same where a rung may stand in for a better one that is cheaper.
  static ScalePolicy atAnyPrice(ScalePolicy policy) {
    return new ScalePolicy(
        policy.deployment(),
        policy.asked(),
        policy.schedules(),
        policy.idleTimeout(),
        policy.observe(),
        policy.downgradeAllowed(),
        true,
        policy.targetWindow(),
        policy.pace(),
        policy.attainment(),
        policy.surplus());
  }

  /// An hour and a half of the same demand.
  static DemandSeen steady(double rate) {
    return new DemandSeen(
        rate,
        Collections.nCopies(MINUTES, rate),
        NOW,
        WeekProfile.UNKNOWN,
        0,
        0,
        List.of(),
        rate > 0 ? NOW : null);
  }

  static DemandSeen waiting(long requests, double tokens) {
    return new DemandSeen(
        0,
        Collections.nCopies(MINUTES, 0.0),
        NOW,
        WeekProfile.UNKNOWN,
        requests,
        tokens,
        List.of(),
        NOW);
  }

  static ScaleState running(int replicas) {
    return ScaleState.resumed("large", replicas, NOW.minus(Duration.ofDays(1)));
  }
}
