package dev.comptroller.decide.scale;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Which rungs may not stand in for the one that is wanted most, because they cost more.
///
/// As where money is short: a rung is as dear as what the whole demand needs of it, whatever room
/// there is; what serves is not left for its price while it dwells. A rung bars nothing, and is not
/// barred, where its price or speed is not known.
final class Fallback {
  private Fallback() {}

  /// Why rungs may not serve, by name; empty where any may.
  static Map<String, String> bars(
      ScaleSeen seen, ScalePolicy policy, ScaleState state, Instant now) {
    List<Variant> rungs = policy.admissible();
    if (policy.pricierFallback() || rungs.size() < 2) {
      return Map.of();
    }
    Variant wanted = rungs.getFirst();
    Optional<HourlyRate> most = hourly(wanted, seen, policy, state, now);
    Map<String, String> bars = new TreeMap<>();
    for (Variant rung : rungs) {
      boolean dwells =
          rung.name().equals(state.variant()) && policy.pace().dwells(state.chosen(), now);
      boolean dearer =
          most.isPresent()
              && hourly(rung, seen, policy, state, now)
                  .filter(own -> own.compareTo(most.get()) > 0)
                  .isPresent();
      if (dearer && !dwells) {
        bars.put(rung.name(), Candidate.dearer(wanted.name(), most.get()));
      }
    }
    return bars;
  }

  /// What a rung costs for all that is asked for; for as many replicas as any other where that is
  /// not known, or set by hand.
  private static Optional<HourlyRate> hourly(
      Variant variant, ScaleSeen seen, ScalePolicy policy, ScaleState state, Instant now) {
    Optional<RungSeen> rung = seen.rung(variant.name()).filter(one -> one.perReplica() != null);
    DemandSeen demand = seen.demand();
    Integer asked = policy.asked();
    if (asked != null || demand == null) {
      int same = Math.max(1, asked == null ? state.replicas() : asked);
      return rung.map(RungSeen::perReplica).map(price -> price.times(same));
    }
    Capacity need = Capacity.exactly(demand.atItsBusiest().latest());
    int fewest = Math.max(1, policy.fewest(now, policy.pace().start()));
    int most = Math.max(fewest, policy.most());
    return rung.filter(one -> one.safe() != null && one.safe().thousandths() > 0)
        .map(one -> RungNeed.of(variant, one, need, fewest, most))
        .map(one -> one.perReplica().times(Math.clamp(one.wanted(), fewest, most)));
  }
}
