package dev.comptroller.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Histogram;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The framework's own figures about reconcilers, by kind of resource.
final class ReconcilerMetrics implements Metrics {
  private final Counter outcomes;
  private final Counter retries;
  private final Histogram duration;

  ReconcilerMetrics(CollectorRegistry registry) {
    outcomes =
        Counter.build("comptroller_operator_reconciliations", "Reconciliations by result.")
            .labelNames("kind", "result")
            .register(registry);
    retries =
        Counter.build("comptroller_operator_retries", "Reconciliations that were tried again.")
            .labelNames("kind")
            .register(registry);
    duration =
        Histogram.build("comptroller_operator_reconciliation_seconds", "Time of reconciliations.")
            .labelNames("controller")
            .buckets(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)
            .register(registry);
  }

  @Override
  public void reconciliationSubmitted(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    if (retry != null && retry.getAttemptCount() > 0) {
      retries.labels(resource.getKind()).inc();
    }
  }

  @Override
  public void reconciliationSucceeded(HasMetadata resource, Map<String, Object> metadata) {
    outcomes.labels(resource.getKind(), "success").inc();
  }

  @Override
  public void reconciliationFailed(
      HasMetadata resource,
      @Nullable RetryInfo retry,
      Exception exception,
      Map<String, Object> metadata) {
    outcomes.labels(resource.getKind(), "failure").inc();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    try (Histogram.Timer _ = duration.labels(execution.controllerName()).startTimer()) {
      return execution.execute();
    }
  }
}
