package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What budgets tell deployments to run: read by their reconciler before it chooses on its own.
@FunctionalInterface
public interface Directives {
  /// The reason of a directive for a deployment that the budget in force has not decided about yet.
  String AWAITING_GRANT = "AwaitingGrant";

  /// No budget says anything: every deployment chooses alone.
  Directives NONE = (_, _) -> Optional.empty();

  /// The directive for a deployment; empty if no budget in force speaks for its namespace.
  Optional<Directive> of(String namespace, String deployment);

  /// What is paid for.
  ///
  /// @param variant the rung to serve
  /// @param replicas the most replicas of it; 0 suspends
  /// @param surge how many replicas of another variant may run on beside it while that is left
  /// @param burnRate dollars an hour that it costs when it is reached
  /// @param reason why, in CamelCase
  /// @param message why, with numbers, and when it ends
  /// @param told the decision that it is of; absent if none was told
  record Directive(
      String variant,
      int replicas,
      int surge,
      HourlyRate burnRate,
      String reason,
      String message,
      @Nullable Told told) {
    /// A directive without a decision behind it.
    public Directive(
        String variant,
        int replicas,
        int surge,
        HourlyRate burnRate,
        String reason,
        String message) {
      this(variant, replicas, surge, burnRate, reason, message, null);
    }

    public Directive {
      if (replicas < 0 || surge < 0) {
        throw new IllegalArgumentException(
            "directive of %d replicas and a surge of %d: need 0 or more"
                .formatted(replicas, surge));
      }
    }
  }

  /// A decision of a budget.
  ///
  /// @param at when it was taken; its trace has this name
  /// @param verdict what it was chosen against, what bound it and what it saves
  record Told(Instant at, DeploymentVerdict verdict) {}
}
