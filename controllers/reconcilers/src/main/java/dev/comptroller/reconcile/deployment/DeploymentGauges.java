package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import java.util.Objects;

/// Shows a deployment's figures as metrics, exactly and at once.
public final class DeploymentGauges {
  private final OperatorMetrics metrics;

  /// Gauges in `metrics`.
  public DeploymentGauges(OperatorMetrics metrics) {
    this.metrics = metrics;
  }

  void show(ModelDeployment deployment, ModelDeploymentStatus status, Seen seen) {
    String namespace = deployment.getMetadata().getNamespace();
    String name = deployment.getMetadata().getName();
    metrics.replicas(
        namespace,
        name,
        Objects.requireNonNullElse(status.desiredReplicas(), 0),
        Objects.requireNonNullElse(status.readyReplicas(), 0));
    seen.figures()
        .forEach(
            (variant, figures) ->
                metrics.variant(
                    namespace,
                    name,
                    variant,
                    figures.tokens().fullCpm(figures.cost()).map(Cpm::microsPerMillion).orElse(-1L),
                    figures.tokens().speed().thousandths() / 1000.0));
  }

  void written() {
    metrics.statusWritten("ModelDeployment");
  }
}
