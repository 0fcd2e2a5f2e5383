package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Autoscaling;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Floor;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.Expected;
import dev.comptroller.decide.scale.DemandOutlook;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the autoscaler wants, in the status of its deployment. Pure.
public final class Autoscaled {
  private Autoscaled() {}

  /// The policy of `deployment` with what its status says that the autoscaler wants: what a budget
  /// has to pay for.
  public static Policy policy(ModelDeployment deployment, Declared declared) {
    Autoscaling wants = wants(deployment);
    return wants == null || declared.scaling().asked() != null
        ? declared.policy()
        : declared.policy().wanting(wants.variant(), wants.replicas());
  }

  /// What it expects, where it follows a demand, and nothing but that binds it.
  ///
  /// @param speed tokens a second that a replica of a variant computes; absent if unknown
  public static Optional<Expected> expected(
      ModelDeployment deployment,
      Declared declared,
      Function<String, Optional<TokensPerSecond>> speed) {
    Autoscaling wants = wants(deployment);
    if (wants == null || declared.scaling().asked() != null) {
      return Optional.empty();
    }
    String most = wants.expectedTokensPerSecond();
    boolean follows =
        Arrays.stream(Reason.values())
            .anyMatch(each -> each.followsDemand() && each.name().equals(wants.reason()));
    return !follows || most == null
        ? Optional.empty()
        : speed
            .apply(wants.variant())
            .map(
                each ->
                    new Expected(wants.replicas(), each, TokensPerSecond.of(Long.parseLong(most))));
  }

  /// The last minutes of a demand that comes again after them; none if it does not.
  ///
  /// @param asked what is known of it, if anything is
  public static List<TokensPerSecond> repetition(
      ModelDeployment deployment, Supplier<Optional<DemandSeen>> asked) {
    Autoscaling wants = wants(deployment);
    Integer every = wants == null ? null : wants.repeatsEveryMinutes();
    return every == null
        ? List.of()
        : asked.get().map(demand -> demand.atItsBusiest().last(every)).orElse(List.of());
  }

  private static @Nullable Autoscaling wants(ModelDeployment deployment) {
    ModelDeploymentStatus status = deployment.getStatus();
    return status == null ? null : status.autoscaling();
  }

  /// What is remembered of what it decided before this process began.
  static ScaleState resumed(ModelDeploymentStatus status) {
    Autoscaling wants = status.autoscaling();
    if (wants != null) {
      return ScaleState.resumed(
          wants.variant(),
          wants.replicas(),
          wants.since() == null ? null : Instant.parse(wants.since()));
    }
    Integer desired = status.desiredReplicas();
    return status.activeVariant() == null || desired == null
        ? ScaleState.NEW
        : ScaleState.resumed(status.activeVariant(), desired, null);
  }

  /// How long a replica took to start when the status was written; absent if it does not say.
  static @Nullable Duration start(ModelDeploymentStatus status) {
    Autoscaling wants = status.autoscaling();
    return wants == null || wants.startSeconds() == null
        ? null
        : Duration.ofSeconds(wants.startSeconds());
  }

  /// The decision as a status shows it; absent where somebody else set the replicas.
  static @Nullable Autoscaling of(ScaleDecision decision, Seen seen) {
    if (decision.reason() == Reason.SetByOwner || decision.variant() == null) {
      return null;
    }
    DemandOutlook outlook = decision.outlook();
    Instant chosen = decision.state().chosen();
    return new Autoscaling(
        decision.variant(),
        decision.replicas(),
        decision.reason() == Reason.Observing ? decision.would() : null,
        chosen == null ? null : chosen.truncatedTo(ChronoUnit.SECONDS).toString(),
        decision.reason().name(),
        decision.explanation().summary(),
        decision.explanation().binding(),
        outlook == null ? null : Long.toString(Math.round(outlook.need())),
        outlook == null || outlook.every() == 0 ? null : outlook.every(),
        seen.start() == null ? null : Math.toIntExact(seen.start().toSeconds()),
        floor(decision.floor()));
  }

  private static @Nullable Floor floor(ScaleDecision.@Nullable Floor floor) {
    if (floor == null) {
      return null;
    }
    HourlyRate beyond = floor.beyond();
    return new Floor(
        floor.replicas(),
        floor.hourly().toString(),
        beyond == null ? null : beyond.toString(),
        floor.message());
  }
}
