package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.metrics.GatewayMetrics;
import io.prometheus.client.Collector;
import io.prometheus.client.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// What the queue exports. Labels are bounded: models come from the routing table.
final class QueueMetrics {
  private final Counter items;
  private final Counter leases;
  private final Counter stale;
  private final Counter saved;
  private final Counter charged;
  private final Counter crashes;

  /// Registers everything.
  ///
  /// @param depth read at every scrape
  QueueMetrics(GatewayMetrics metrics, Supplier<Depth> depth) {
    items = counter(metrics, "items", "Items of batches that are over.", "model", "outcome");
    leases = counter(metrics, "leases_expired", "Items taken back from workers that died.");
    stale = counter(metrics, "stale_writes", "Writes of workers that had lost their item.");
    saved = counter(metrics, "saved_dollars", "Full price less charges.", "model");
    charged = counter(metrics, "charged_dollars", "Dollars charged at the tariff.", "model");
    crashes = counter(metrics, "crashes", "Items whose replica died while they ran.", "model");
    new Depths(depth).register(metrics.registry());
  }

  void over(String model, String outcome) {
    items.labels(model, outcome).inc();
  }

  void leasesExpired(int count) {
    leases.inc(count);
  }

  void staleWrite() {
    stale.inc();
  }

  void billed(String model, long chargedMicros, long fullMicros) {
    charged.labels(model).inc(chargedMicros / 1e6);
    saved.labels(model).inc((fullMicros - chargedMicros) / 1e6);
  }

  void crashed(String model) {
    crashes.labels(model).inc();
  }

  private static Counter counter(
      GatewayMetrics metrics, String name, String help, String... labels) {
    return Counter.build("comptroller_queue_" + name, help)
        .labelNames(labels)
        .register(metrics.registry());
  }

  private static final class Depths extends Collector {
    private final Supplier<Depth> depth;

    Depths(Supplier<Depth> depth) {
      this.depth = depth;
    }

    @Override
    public List<MetricFamilySamples> collect() {
      Depth now = depth.get();
      List<MetricFamilySamples.Sample> depths = new ArrayList<>();
      List<MetricFamilySamples.Sample> oldest = new ArrayList<>();
      for (Depth.Row row : now.rows()) {
        depths.add(
            new MetricFamilySamples.Sample(
                "comptroller_queue_depth",
                List.of("model", "state"),
                List.of(row.model(), row.state()),
                (double) row.items()));
        oldest.add(
            new MetricFamilySamples.Sample(
                "comptroller_queue_oldest_deadline_seconds",
                List.of("model", "state"),
                List.of(row.model(), row.state()),
                (row.oldestDeadline().toEpochMilli() - now.at().toEpochMilli()) / 1e3));
      }
      return List.of(
          new MetricFamilySamples(
              "comptroller_queue_depth", Type.GAUGE, "Items that are not over.", depths),
          new MetricFamilySamples(
              "comptroller_queue_oldest_deadline_seconds",
              Type.GAUGE,
              "Seconds to the earliest deadline of items that are not over.",
              oldest),
          new MetricFamilySamples(
              "comptroller_queue_waiting_requests",
              Type.GAUGE,
              "Requests whose clients wait for an idle slot.",
              List.of(
                  new MetricFamilySamples.Sample(
                      "comptroller_queue_waiting_requests",
                      List.of(),
                      List.of(),
                      (double) now.waiting()))));
    }
  }
}
