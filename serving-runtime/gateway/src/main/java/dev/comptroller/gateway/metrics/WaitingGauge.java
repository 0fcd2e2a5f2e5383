package dev.comptroller.gateway.metrics;

import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Requests that wait for a replica of a deployment, by class; read at every scrape.
public final class WaitingGauge extends Collector {
  private static final String NAME = "comptroller_gateway_waiting_requests";
  private static final List<String> LABELS = List.of("namespace", "deployment", "class");

  private final Supplier<List<Row>> rows;

  /// How many requests of one class wait for a deployment.
  public record Row(String namespace, String deployment, String trafficClass, long waiting) {}

  /// Shows `rows`.
  public WaitingGauge(Supplier<List<Row>> rows) {
    this.rows = rows;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    for (Row row : rows.get()) {
      samples.add(
          new MetricFamilySamples.Sample(
              NAME,
              LABELS,
              List.of(row.namespace(), row.deployment(), row.trafficClass()),
              (double) row.waiting()));
    }
    return List.of(
        new MetricFamilySamples(
            NAME, Type.GAUGE, "Requests that wait for a replica, queued work included.", samples));
  }
}
