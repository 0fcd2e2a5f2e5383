package dev.comptroller.decide.loop;

import dev.comptroller.decide.downgrade.Option;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns parts of a plan into grants.
final class Grants {
  /// A rung that did not last for this many dwells makes climbing wait twice as long.
  private static final int QUICK = 8;

  private static final Duration LONGEST = Duration.ofHours(6);

  private Grants() {}

  static @Nullable Grant of(Part part, DeploymentVerdict verdict, Instant now) {
    Option option = part.option();
    if (option == null) {
      return null;
    }
    Wish wish = part.wish();
    @Nullable Grant before = wish.grant();
    @Nullable Instant changed = before == null ? null : before.changed();
    @Nullable Instant lowered = before == null ? null : before.lowered();
    Duration dwell = wish.policy().dwell();
    Duration climbAfter = before == null ? dwell : before.climbAfter();
    if (before != null && part.replicas() == 0) {
      // Nothing serves, so that no rung was changed for another.
      option = wish.option(before.variant()).orElse(option);
    }
    boolean other =
        before == null
            ? wish.active() != null && !option.variant().equals(wish.active())
            : !option.variant().equals(before.variant());
    if (other) {
      boolean climbs = before != null && wish.isClimb(before.variant(), option);
      climbAfter = climbs ? climbAfter : climbAfter(wish, dwell, now);
      changed = now;
      lowered = null;
    } else if (before != null
        && part.replicas() < before.replicas()
        && part.replicas() < option.replicas()) {
      // Money took them away; what is not asked for any more may be asked for again at once.
      lowered = now;
    }
    return new Grant(
        wish.name(),
        option.variant(),
        part.replicas(),
        part.surge(),
        verdict.hourly(),
        part.reason(),
        Verdicts.message(verdict, part),
        changed,
        lowered,
        climbAfter.compareTo(dwell) < 0 ? dwell : climbAfter);
  }

  /// How long nobody climbs after a rung was left for a lower one. What a climb brings in costs two
  /// rungs side by side for minutes: if it does not last, it was not worth it. One that lasts pays
  /// for itself, however long it was waited for. That one would end by declared prices was known
  /// before it began.
  private static Duration climbAfter(Wish wish, Duration dwell, Instant now) {
    @Nullable Grant before = wish.grant();
    if (before == null || before.changed() == null || wish.dear().contains(before.variant())) {
      return dwell;
    }
    Duration waited = before.climbAfter().compareTo(dwell) < 0 ? dwell : before.climbAfter();
    if (!now.isBefore(before.changed().plus(dwell.multipliedBy(QUICK)))) {
      return dwell;
    }
    Duration twice = waited.multipliedBy(2);
    Duration longest = dwell.compareTo(LONGEST) > 0 ? dwell : LONGEST;
    return twice.compareTo(longest) > 0 ? longest : twice;
  }

  /// What would be granted if there were no budget.
  static Optional<Grant> withoutBudget(Wish wish) {
    Option option = wish.unbound();
    if (option == null) {
      return Optional.empty();
    }
    return Optional.of(
        new Grant(
            wish.name(),
            option.variant(),
            option.replicas(),
            wish.stock().others(option.variant()),
            option.hourly(),
            "WithoutBudget",
            "%d x %s for $%s/h: the budget only observes"
                .formatted(option.replicas(), option.variant(), option.hourly().print(2)),
            null,
            null,
            wish.policy().dwell()));
  }
}
