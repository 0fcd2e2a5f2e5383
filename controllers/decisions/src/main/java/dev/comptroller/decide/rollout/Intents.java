package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.RolloutSeen.Prestage.Outcome;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a state asks for, whatever of it is already there.
final class Intents {
  private Intents() {}

  static List<Intent> of(RolloutState state, RolloutSeen seen) {
    List<Intent> intents = new ArrayList<>();
    Change change = state.change();
    boolean reads = change != null && change.phase() == Phase.Prestage;
    String to = change == null ? null : change.to();
    if (reads && to != null) {
      intents.add(new Intent.Prestage(to));
    } else if (seen.prestage().outcome() != Outcome.None) {
      intents.add(new Intent.EndPrestage());
    }
    for (Leg leg : state.legs()) {
      intents.add(new Intent.Scale(leg.variant(), leg.replicas(), leg.revision()));
    }
    state.heaviest().ifPresent(variant -> intents.add(new Intent.Expose(variant)));
    if (change != null && !change.rollback()) {
      warmUp(intents, to, seen);
    }
    seen.variants()
        .forEach(
            (variant, of) -> {
              if (of.exists() && state.leg(variant).isEmpty()) {
                intents.add(new Intent.Delete(variant));
              }
            });
    return intents;
  }

  private static void warmUp(List<Intent> intents, @Nullable String to, RolloutSeen seen) {
    if (to == null) {
      return;
    }
    List<String> cold =
        seen.of(to).replicas().stream()
            .filter(r -> r.isReady() && r.warmth() == Warmth.Cold)
            .map(ReplicaSeen::uid)
            .toList();
    if (!cold.isEmpty()) {
      intents.add(new Intent.WarmUp(to, cold));
    }
  }
}
