package dev.comptroller.reconcile.status;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Set;

/// Records changes of conditions as events.
public final class Transitions {
  private static final Set<String> UNUSUAL_WHEN_TRUE =
      Set.of("Downgraded", "Exhausted", "Conflict");

  /// Reasons that stand on the ordinary way up.
  private static final Set<String> ON_THE_WAY =
      Set.of("NoReadyReplica", "Starting", "Progressing", "ScaledToZero", "NotWanted");

  private Transitions() {}

  /// Records every condition whose status or reason changed; of conditions that are new, only
  /// `Ready` and those that are not as they should be.
  public static void record(
      Events events, HasMetadata object, List<Condition> previous, List<Condition> next) {
    for (Condition condition : Conditions.transitions(previous, next)) {
      boolean isNew = previous.stream().noneMatch(c -> c.type().equals(condition.type()));
      boolean adverse = isAdverse(condition);
      if (!isNew || adverse || condition.type().equals("Ready")) {
        events.record(
            object,
            adverse && !ON_THE_WAY.contains(condition.reason())
                ? Events.Type.Warning
                : Events.Type.Normal,
            condition.reason(),
            "Observe",
            "%s is %s: %s".formatted(condition.type(), condition.status(), condition.message()));
      }
    }
  }

  private static boolean isAdverse(Condition condition) {
    return condition
        .status()
        .equals(UNUSUAL_WHEN_TRUE.contains(condition.type()) ? "True" : "False");
  }
}
