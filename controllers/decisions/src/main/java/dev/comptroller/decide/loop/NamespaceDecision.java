package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.forecast.Outlook;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What to do about a namespace's money, and why.
///
/// @param at when it was decided
/// @param observe whether it is only told: then `enforced` is what would be without a budget
/// @param held why nothing new was decided; absent if it was
/// @param figures spend, burn rate, forecast and heat; absent if the spend is not known
/// @param outlook the forecast with its band and model; absent as `figures` is
/// @param heat the heat ladder's verdict; absent as `figures` is
/// @param allowed dollars an hour that may be spent now; absent if nothing limits them
/// @param reserve what leaving costs with all that is granted or seen
/// @param fundedUntil when the money of a hard budget ends; absent if nothing is known to end
/// @param grants what each deployment may run, ordered by deployment
/// @param enforced the grants to carry out
/// @param traffic what the gateway does about requests
/// @param features what happens to each declared feature, ordered by name
/// @param deployments the explanations, ordered by deployment
/// @param state what to remember until the next decision
/// @param wake when to decide again although nothing new was heard
public record NamespaceDecision(
    Instant at,
    boolean observe,
    @Nullable Held held,
    @Nullable BudgetState figures,
    @Nullable Outlook outlook,
    @Nullable HeatVerdict heat,
    @Nullable HourlyRate allowed,
    Reserve reserve,
    @Nullable Instant fundedUntil,
    List<Grant> grants,
    List<Grant> enforced,
    Traffic traffic,
    List<FeatureVerdict> features,
    List<DeploymentVerdict> deployments,
    LoopState state,
    Instant wake) {
  /// Why a deployment is granted nothing that nobody asked anything of.
  public static final String NOTHING_ASKED = "NoReplicasAsked";

  public NamespaceDecision {
    grants = List.copyOf(grants);
    enforced = List.copyOf(enforced);
    features = List.copyOf(features);
    deployments = List.copyOf(deployments);
  }

  /// Why nothing new was decided.
  ///
  /// @param reason CamelCase
  /// @param message what is missing or old, with numbers
  public record Held(String reason, String message) {}

  /// The grant of a deployment.
  public Optional<Grant> grant(String deployment) {
    return grants.stream().filter(grant -> grant.deployment().equals(deployment)).findFirst();
  }

  /// The explanation of a deployment.
  public Optional<DeploymentVerdict> verdict(String deployment) {
    return deployments.stream().filter(each -> each.deployment().equals(deployment)).findFirst();
  }
}
