package dev.comptroller.decide.rollout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The share of new requests of every leg.
final class Weights {
  private Weights() {}

  /// `state` with the weights that it means, or, where these would send everything to variants that
  /// have no ready replica, with the weight on one that has.
  static RolloutState of(RolloutState state, Facts facts) {
    Change change = state.change();
    if (facts.goal().replicas() == 0 || (change != null && change.to() == null)) {
      return weighed(state, null, 0, null);
    }
    String serving = state.serving();
    RolloutState meant =
        change == null
            ? weighed(state, serving, 100, null)
            : weighed(state, change.to(), change.effectiveShare(), change.from());
    List<Leg> serves =
        meant.legs().stream().filter(l -> l.weight() > 0 && isReady(l, facts)).toList();
    if (serves.size() == 1) {
      return weighed(meant, serves.getFirst().variant(), 100, null);
    }
    if (serves.size() > 1) {
      return meant;
    }
    Optional<Leg> standIn =
        meant.legs().stream()
            .filter(leg -> isReady(leg, facts))
            .max(
                Comparator.<Leg>comparingInt(l -> l.variant().equals(serving) ? 1 : 0)
                    .thenComparing(Leg::variant));
    return standIn.map(leg -> weighed(state, leg.variant(), 100, null)).orElse(meant);
  }

  private static RolloutState weighed(
      RolloutState state, @Nullable String one, int share, @Nullable String other) {
    List<Leg> legs = new ArrayList<>();
    for (Leg leg : state.legs()) {
      if (leg.variant().equals(one)) {
        legs.add(leg.withWeight(share));
      } else if (leg.variant().equals(other)) {
        legs.add(leg.withWeight(100 - share));
      } else {
        legs.add(leg.withWeight(0));
      }
    }
    return state.withLegs(legs);
  }

  private static boolean isReady(Leg leg, Facts facts) {
    return leg.replicas() > 0 && facts.seen().of(leg.variant()).ready() > 0;
  }
}
