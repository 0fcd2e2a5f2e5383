package dev.comptroller.decide.scale;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.units.HourlyRate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tells the fleet what a deployment would run, and by what other rungs it could be served.
final class Wishing {
  private Wishing() {}

  /// The one way of a deployment whose demand is not known; none where its price is not either.
  static List<Way> kept(
      List<Variant> admissible, ScaleSeen seen, @Nullable String variant, int replicas) {
    for (Variant each : admissible) {
      RungSeen rung = seen.rung(each.name()).orElse(null);
      HourlyRate price = rung == null ? null : rung.perReplica();
      if (each.name().equals(variant) && rung != null && price != null && replicas > 0) {
        return List.of(new Way(each, replicas, price, rung.running()));
      }
    }
    return List.of();
  }

  /// The liked rung, then the one that serves and those of the same or lower quality, best first,
  /// that cost no more than it unless they may; where it meets the target CPM, those that do.
  ///
  /// @param liked the rung that it likes best; absent means `pick`
  /// @param pick the rung that it chose
  /// @param wanted replicas of `pick` that it wants, whatever room there is
  /// @param able what each rung that may serve needs
  static List<Way> ways(
      @Nullable RungNeed liked,
      RungNeed pick,
      int wanted,
      List<RungNeed> able,
      @Nullable TargetGoal goal,
      ScalePolicy policy,
      int fewest) {
    int most = Math.max(fewest, policy.most());
    int own = Math.clamp(wanted, fewest, most);
    if (own == 0) {
      return List.of();
    }
    RungNeed first = liked == null ? pick : liked;
    boolean same = first.variant().equals(pick.variant());
    List<Way> ways = new ArrayList<>();
    ways.add(way(first, same ? own : count(first, fewest, most)));
    boolean met = goal != null && goal.isMet(hourly(ways.getFirst()), false);
    for (RungNeed each : able) {
      boolean chosen = each.variant().equals(pick.variant());
      int count = chosen ? own : count(each, fewest, most);
      boolean lower = each.variant().quality().compareTo(first.variant().quality()) <= 0;
      boolean pays = goal == null || !met || goal.isMet(each.perReplica().times(count), false);
      boolean dearer =
          each.perReplica().times(count).compareTo(hourly(ways.getFirst())) > 0
              && !policy.pricierFallback();
      if (!each.variant().equals(first.variant()) && (chosen || (lower && pays && !dearer))) {
        ways.add(way(each, count));
      }
    }
    return ways;
  }

  private static HourlyRate hourly(Way way) {
    return way.perReplica().times(way.replicas());
  }

  private static int count(RungNeed need, int fewest, int most) {
    return Math.clamp(Math.max(1, need.wanted()), fewest, most);
  }

  private static Way way(RungNeed need, int replicas) {
    return new Way(need.variant(), replicas, need.perReplica(), need.seen().running());
  }
}
