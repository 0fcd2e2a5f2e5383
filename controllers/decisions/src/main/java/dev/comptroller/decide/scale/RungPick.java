package dev.comptroller.decide.scale;

import dev.comptroller.decide.fleet.Variant;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which rung serves: the best quality at which all of the need fits within the target CPM, the
/// cheapest of equal quality.
///
/// A target that no rung meets binds nothing: quality is not given up for nothing. Where no rung
/// can serve everything, the one that keeps the most quality-weighted tokens does.
final class RungPick {
  private RungPick() {}

  /// The choice among what the rungs need, best quality first; absent if there is nothing to choose
  /// from.
  ///
  /// @param goal the target CPM at the mean demand; absent if none binds
  /// @param present the rung that serves; absent if none does
  static @Nullable RungNeed of(
      List<RungNeed> needs, @Nullable TargetGoal goal, @Nullable String present) {
    if (goal != null) {
      RungNeed within = full(needs, goal, present);
      if (within != null) {
        return within;
      }
    }
    RungNeed full = full(needs, null, present);
    return full != null
        ? full
        : needs.stream()
            .max(
                Comparator.comparingDouble(RungNeed::kept)
                    .thenComparing(each -> each.hourly(), Comparator.reverseOrder()))
            .orElse(null);
  }

  private static @Nullable RungNeed full(
      List<RungNeed> needs, @Nullable TargetGoal goal, @Nullable String present) {
    BigDecimal now =
        needs.stream()
            .filter(each -> each.variant().name().equals(present))
            .map(each -> each.variant().quality())
            .findFirst()
            .orElse(null);
    @Nullable RungNeed best = null;
    for (RungNeed each : needs) {
      boolean climbs = now != null && each.variant().quality().compareTo(now) > 0;
      if (!each.isFull() || (goal != null && !goal.isMet(each.hourly(), climbs))) {
        continue;
      }
      if (best == null) {
        best = each;
      } else if (each.variant().quality().compareTo(best.variant().quality()) == 0) {
        best = isBetter(each, best, present) ? each : best;
      }
    }
    return best;
  }

  /// Among equal quality: the cheaper one, by a tenth where the dearer one serves.
  private static boolean isBetter(RungNeed each, RungNeed best, @Nullable String present) {
    long own = each.hourly().microsPerHour();
    long other = best.hourly().microsPerHour();
    if (best.variant().name().equals(present)) {
      return own < other / 10 * 9;
    }
    return each.variant().name().equals(present) ? own / 10 * 9 <= other : own < other;
  }

  /// What each rung that is known needs, in ladder order.
  static List<RungNeed> needs(
      List<Variant> rungs, ScaleSeen seen, Capacity need, int fewest, int most) {
    List<RungNeed> needs = new ArrayList<>();
    for (Variant variant : rungs) {
      seen.rung(variant.name())
          .filter(RungSeen::isKnown)
          .ifPresent(rung -> needs.add(RungNeed.of(variant, rung, need, fewest, most)));
    }
    return List.copyOf(needs);
  }
}
