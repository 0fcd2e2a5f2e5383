package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.Mode;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.Scaling;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route.Wake;
import dev.comptroller.reconcile.desired.Rung;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Renders whether requests may wait for a first replica of a deployment: where it may be without
/// any, and where one comes because they wait. Pure.
///
/// None comes where replicas are only observed, where the namespace is suspended or out of money,
/// where its budget pays for no replica of it, or where it is being deleted.
final class Wakes {
  /// The longest wait: a minute less than OpenAI's clients have patience, so that they hear why.
  static final Duration HOLD = Duration.ofMinutes(9);

  /// The most that wait at one gateway, however much a replica takes at once.
  static final int MOST = 1_000;

  private Wakes() {}

  /// How requests for `deployment` may wait; absent if they may not.
  ///
  /// @param rung that serves, or will
  /// @param account of its namespace; empty if no budget is in force there
  static @Nullable Wake of(
      ModelDeployment deployment, Rung rung, Optional<Account> account, Instant now) {
    Scaling scaling = deployment.getSpec().scaling();
    boolean comes =
        scaling.minReplicas() == 0
            && scaling.mode() == Mode.ENFORCE
            && deployment.getMetadata().getDeletionTimestamp() == null
            && account.filter(money -> !isFunded(money, now)).isEmpty()
            && !isSuspended(deployment.getStatus());
    return comes
        ? new Wake(Math.min(MOST, rung.maxSequences() + rung.maxQueued()), HOLD.toMillis())
        : null;
  }

  private static boolean isFunded(Account account, Instant now) {
    Instant until = account.fundedUntil();
    return account.observe()
        || (!account.traffic().suspended() && (until == null || now.isBefore(until)));
  }

  /// Whether its budget pays for no replica of what its owner wants.
  private static boolean isSuspended(@Nullable ModelDeploymentStatus status) {
    return status != null
        && status.conditions().stream()
            .anyMatch(
                condition ->
                    condition.type().equals("WithinBudget")
                        && condition.status().equals("False")
                        && condition.reason().equals("Suspended"));
  }
}
