package dev.comptroller.decide.downgrade;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// A rung that could serve, with as many replicas as the demand needs.
///
/// @param variant name of the rung
/// @param pool its pool
/// @param quality the owner's figure
/// @param replicas how many the demand needs of it
/// @param perReplica dollars an hour of one replica
/// @param speed tokens a second of one replica; absent if unknown
/// @param obstacle why it cannot run now, such as a pool without room; absent if it can
/// @param usual dollars an hour of as much demand on average, where the present number of replicas
///   is rounded up more or less luckily
/// @param exact thousandths of replicas that the demand needs before they are rounded up
public record Option(
    String variant,
    String pool,
    BigDecimal quality,
    int replicas,
    HourlyRate perReplica,
    @Nullable TokensPerSecond speed,
    @Nullable String obstacle,
    HourlyRate usual,
    long exact) {
  /// An option whose present figure is the usual one.
  public Option(
      String variant,
      String pool,
      BigDecimal quality,
      int replicas,
      HourlyRate perReplica,
      @Nullable TokensPerSecond speed,
      @Nullable String obstacle) {
    this(
        variant,
        pool,
        quality,
        replicas,
        perReplica,
        speed,
        obstacle,
        perReplica.times(Math.max(0, replicas)),
        1000L * replicas);
  }

  public Option {
    if (replicas < 0) {
      throw new IllegalArgumentException(
          "%s needs %d replicas, not zero or more".formatted(variant, replicas));
    }
  }

  /// Dollars an hour of all that the demand needs.
  public HourlyRate hourly() {
    return perReplica.times(replicas);
  }

  /// It with `count` replicas at what they cost now, in place of what it usually costs.
  public Option exactly(int count) {
    return new Option(
        variant,
        pool,
        quality,
        count,
        perReplica,
        speed,
        obstacle,
        perReplica.times(count),
        Math.min(exact, 1000L * count));
  }

  /// It at another price.
  public Option priced(HourlyRate each) {
    long before = Math.max(1, perReplica.microsPerHour());
    return new Option(
        variant,
        pool,
        quality,
        replicas,
        each,
        speed,
        obstacle,
        usual.share(each.microsPerHour(), before),
        exact);
  }

  /// It where it cannot run now.
  public Option barred(String reason) {
    return new Option(variant, pool, quality, replicas, perReplica, speed, reason, usual, exact);
  }

  /// How many of the needed replicas `allowed` pays for.
  int affordable(HourlyRate allowed) {
    return perReplica.microsPerHour() == 0
        ? replicas
        : (int) Math.min(replicas, allowed.microsPerHour() / perReplica.microsPerHour());
  }

  /// Quality times the part of the demand that `count` replicas serve, the greater the more is
  /// kept.
  public BigDecimal kept(int count) {
    return exact <= 1000L * count
        ? quality
        : quality
            .multiply(BigDecimal.valueOf(1000L * count))
            .divide(BigDecimal.valueOf(exact), 12, RoundingMode.DOWN);
  }

  /// It as a candidate of an explanation.
  Candidate candidate(int count, String verdict) {
    @Nullable Cpm cpm = speed == null ? null : Cpm.of(perReplica, speed).orElse(null);
    return new Candidate(
        variant, pool, quality, count, perReplica.times(count), speed, cpm, verdict);
  }
}
