package dev.comptroller.decide.share;

import dev.comptroller.decide.plan.Plan;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who may have what of pools that cannot serve everybody, and what is remembered of it.
///
/// 1. While the wishes for a pool fit on its nodes, those that may still come included, nobody is
///    told anything. A pool that one deployment alone wishes for is its own affair.
/// 2. Those who wish for a pool that is short get shares: of the rungs that they may serve by, on
///    their pools, as many replicas as [dev.comptroller.decide.plan.FleetPlanner] plans, by floors,
///    priority and weight.
/// 3. A rung is changed only where old and new replicas can run side by side within the share: the
///    old ones become fewer first where that makes the room. Where it never does, the rung stays.
/// 4. What was cut grows again only `settle` after the cut.
///
/// Total and deterministic.
///
/// @param shares by namespace and name, of those who wish for what is short
/// @param cuts when a share last became less
/// @param plan how they were found; absent while nothing is short
/// @param seen what they were found for
public record Sharing(
    SortedMap<String, Share> shares,
    SortedMap<String, Instant> cuts,
    @Nullable Plan plan,
    FleetSeen seen) {
  /// Nothing is wished for.
  public static final Sharing NONE =
      new Sharing(
          new TreeMap<>(),
          new TreeMap<>(),
          null,
          FleetSeen.of(Map.of(), Map.of(), Map.of(), Map.of()));

  public Sharing {
    shares = Collections.unmodifiableSortedMap(new TreeMap<>(shares));
    cuts = Collections.unmodifiableSortedMap(new TreeMap<>(cuts));
  }

  /// The shares for what is seen at `now`.
  public static Sharing next(Sharing before, FleetSeen seen, Duration settle, Instant now) {
    return new Round(before, seen, settle, now).run();
  }

  /// The share of a deployment; empty while nothing is short for it.
  public Optional<Share> of(String key) {
    return Optional.ofNullable(shares.get(key));
  }

  /// Dollars an hour of what is planned for those who share.
  public HourlyRate hourly() {
    HourlyRate sum = HourlyRate.ZERO;
    for (Map.Entry<String, Share> entry : shares.entrySet()) {
      Share share = entry.getValue();
      Wish wish = seen.wishes().get(entry.getKey());
      if (wish != null) {
        sum =
            sum.plus(
                wish.way(share.variant())
                    .map(way -> way.perReplica().times(share.replicas()))
                    .orElse(HourlyRate.ZERO));
      }
    }
    return sum;
  }

  /// How much of the plan's cost, in millionths, is not proven necessary.
  public long gapPerMillion() {
    return plan == null ? 0 : plan.gapPerMillion();
  }

  /// Whether a share that was held back may grow by `now`.
  public boolean isDue(Duration settle, Instant now) {
    return cuts.values().stream().anyMatch(cut -> !now.isBefore(cut.plus(settle)));
  }
}
