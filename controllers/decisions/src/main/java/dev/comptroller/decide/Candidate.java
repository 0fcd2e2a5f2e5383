package dev.comptroller.decide;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A rung that a decision looked at.
///
/// @param variant name of the rung
/// @param pool its pool
/// @param quality the owner's figure
/// @param replicas how many it would run
/// @param hourly dollars an hour of them at the pool's dearest price in force; absent if the pool
///   is missing
/// @param speed tokens a second of one replica, declared or estimated; absent if unknown
/// @param costPerMillion CPM at that speed; absent if unknown
/// @param verdict chosen, or why not
public record Candidate(
    String variant,
    String pool,
    BigDecimal quality,
    int replicas,
    @Nullable HourlyRate hourly,
    @Nullable TokensPerSecond speed,
    @Nullable Cpm costPerMillion,
    String verdict) {
  /// What a choice says of the candidate it made.
  public static final String CHOSEN = "chosen";

  /// What is said of one that costs more than `wanted`, at `hourly` dollars, and may not for that.
  public static String dearer(String wanted, HourlyRate hourly) {
    return "dearer than %s at $%s/h, and downgrade.pricierFallback is false"
        .formatted(wanted, hourly.print(2));
  }

  /// It with another verdict.
  public Candidate judged(String other) {
    return new Candidate(variant, pool, quality, replicas, hourly, speed, costPerMillion, other);
  }

  /// Dollars an hour, if the pool is known.
  public Optional<HourlyRate> perHour() {
    return Optional.ofNullable(hourly);
  }

  /// Dollars per million tokens, if the speed is known.
  public Optional<Cpm> cpm() {
    return Optional.ofNullable(costPerMillion);
  }

  /// One line: `large on h100: 2 replicas, $49.16/h, CPM $1.89, quality 0.95: chosen`.
  public String line() {
    return "%s: %s".formatted(figures(), verdict);
  }

  /// Its line without the verdict.
  public String figures() {
    StringBuilder line = new StringBuilder();
    line.append(
        "%s on %s: %d %s"
            .formatted(variant, pool, replicas, replicas == 1 ? "replica" : "replicas"));
    perHour().ifPresent(rate -> line.append(", $%s/h".formatted(rate.print(2))));
    cpm().ifPresent(price -> line.append(", CPM $%s".formatted(price.print(2))));
    return line.append(", quality %s".formatted(quality.toPlainString())).toString();
  }
}
