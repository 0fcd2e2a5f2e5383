package dev.comptroller.decide.downgrade;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a rung is chosen by.
///
/// @param ladder best first; at least one
/// @param active the rung that serves; absent if none does
/// @param qualityFloor lowest quality that may serve; absent if any may
/// @param downgradeAllowed whether a lower rung than the first may serve
/// @param pricierFallback whether a rung may stand in for a better one that is cheaper
/// @param minReplicas fewest replicas that may serve, where not all that are needed can
/// @param steadiness what keeps it from flapping
/// @param transition how long a change takes
/// @param rest what is left of the period
/// @param ceiling index of the best rung that the heat ladder lets serve, 0 for any
public record RungPolicy(
    List<Option> ladder,
    @Nullable String active,
    @Nullable BigDecimal qualityFloor,
    boolean downgradeAllowed,
    boolean pricierFallback,
    int minReplicas,
    Steadiness steadiness,
    Transition transition,
    Duration rest,
    int ceiling) {
  public RungPolicy {
    ladder = List.copyOf(ladder);
    if (ladder.isEmpty()) {
      throw new IllegalArgumentException("variants is empty: give at least one");
    }
    if (ladder.stream().map(Option::variant).distinct().count() < ladder.size()) {
      throw new IllegalArgumentException("variants has a name twice");
    }
  }

  /// A policy under which the heat ladder asks for nothing.
  public RungPolicy(
      List<Option> ladder,
      @Nullable String active,
      @Nullable BigDecimal qualityFloor,
      boolean downgradeAllowed,
      boolean pricierFallback,
      int minReplicas,
      Steadiness steadiness,
      Transition transition,
      Duration rest) {
    this(
        ladder,
        active,
        qualityFloor,
        downgradeAllowed,
        pricierFallback,
        minReplicas,
        steadiness,
        transition,
        rest,
        0);
  }

  /// The rung that serves, with what it would need now.
  public Optional<Option> activeOption() {
    return ladder.stream().filter(option -> option.variant().equals(active)).findFirst();
  }

  /// The first rung that the quality floor admits: what the owner wants most.
  Optional<Option> preferred() {
    return ladder.stream().filter(this::isGoodEnough).findFirst();
  }

  boolean isGoodEnough(Option option) {
    return qualityFloor == null || option.quality().compareTo(qualityFloor) >= 0;
  }

  /// Whether `option` is further down the ladder than the active rung.
  boolean isDowngrade(Option option) {
    return activeOption().map(from -> ladder.indexOf(option) > ladder.indexOf(from)).orElse(false);
  }

  /// Whether `option` is further up the ladder than the active rung.
  boolean isClimb(Option option) {
    return activeOption().map(from -> ladder.indexOf(option) < ladder.indexOf(from)).orElse(false);
  }
}
