package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.Directives;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the budget in force of a namespace granted its deployments, as its status says.
///
/// A deployment that it has granted nothing yet goes on with the replicas that it has, and starts
/// none: money is reserved before it is spent.
public final class BudgetDirectives implements Directives {
  private final FleetView view;
  private final Treasury treasury;

  /// The directives of the budgets in `view`.
  public BudgetDirectives(FleetView view, Treasury treasury) {
    this.view = view;
    this.treasury = treasury;
  }

  @Override
  public Optional<Directive> of(String namespace, String deployment) {
    Optional<InferenceBudget> budget = treasury.inForce(namespace);
    if (budget.isEmpty()
        || treasury.declared(budget.get()).filter(declared -> !declared.observe()).isEmpty()) {
      return Optional.empty();
    }
    return BudgetReport.previous(budget.get()).grants().stream()
        .filter(granted -> granted.deployment().equals(deployment))
        .findFirst()
        .map(BudgetDirectives::directive)
        .or(() -> waiting(namespace, deployment, budget.get().getMetadata().getName()));
  }

  private static Directive directive(Granted granted) {
    return new Directive(
        granted.variant(),
        granted.replicas(),
        granted.surge(),
        HourlyRate.parse(granted.burnRate()),
        granted.reason(),
        Objects.requireNonNullElse(granted.message(), ""),
        Explanations.told(granted).orElse(null));
  }

  private Optional<Directive> waiting(String namespace, String name, String budget) {
    Optional<ModelDeployment> deployment = view.deployment(namespace, name);
    if (deployment.isEmpty() || deployment.get().getSpec().variants().isEmpty()) {
      return Optional.empty();
    }
    @Nullable String active =
        deployment.get().getStatus() == null ? null : deployment.get().getStatus().activeVariant();
    String variant =
        active != null ? active : deployment.get().getSpec().variants().getFirst().name();
    long runs =
        view.replicas(namespace, name).stream()
            .filter(pod -> !PodFacts.isTerminating(pod) && !PodFacts.isOver(pod))
            .filter(
                pod -> PodFacts.label(pod, Names.VARIANT_LABEL).filter(variant::equals).isPresent())
            .count();
    return Optional.of(
        new Directive(
            variant,
            Math.toIntExact(runs),
            0,
            HourlyRate.ZERO,
            AWAITING_GRANT,
            "%d replicas run on until budget %s has decided".formatted(runs, budget)));
  }
}
