package dev.comptroller.reconcile.metrics;

import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.units.Money;
import io.prometheus.client.Collector;
import io.prometheus.client.GaugeMetricFamily;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Supplier;

/// What pools cost in the calendar month (UTC) and who held their GPUs, read at every scrape.
public final class PoolMetrics extends Collector {
  private static final double MICRO = 1e-6;
  private static final List<String> POOL = List.of("pool");
  private static final List<String> HOLDER = List.of("pool", "namespace");

  private final Supplier<? extends Map<String, PoolBill>> bills;

  /// Metrics of `bills`, by pool.
  public PoolMetrics(Supplier<? extends Map<String, PoolBill>> bills) {
    this.bills = bills;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    GaugeMetricFamily nodes = family("spent_dollars", "Cost of the nodes this month.", POOL);
    GaugeMetricFamily allocated =
        family("allocated_dollars", "What a namespace's replicas held of it.", HOLDER);
    GaugeMetricFamily unallocated =
        family("unallocated_dollars", "What no replica held of it.", POOL);
    GaugeMetricFamily excess =
        family("excess_dollars", "What replicas are charged beyond the nodes.", POOL);
    GaugeMetricFamily unobserved =
        family("unobserved_dollars", "What the nodes may be too much at most.", POOL);
    GaugeMetricFamily held =
        family("allocated_dollars_per_hour", "What a namespace's replicas hold.", HOLDER);
    GaugeMetricFamily free = family("unallocated_dollars_per_hour", "What no replica holds.", POOL);
    bills
        .get()
        .forEach(
            (pool, bill) -> {
              List<String> labels = List.of(pool);
              nodes.addMetric(labels, dollars(bill.spent().nodes()));
              unallocated.addMetric(labels, dollars(bill.spent().unallocated()));
              excess.addMetric(labels, dollars(bill.spent().excess()));
              unobserved.addMetric(labels, dollars(bill.unobserved()));
              free.addMetric(labels, dollars(bill.hourly().unallocated()));
              byNamespace(allocated, pool, bill.spent().namespaces());
              byNamespace(held, pool, bill.hourly().namespaces());
            });
    return List.of(nodes, allocated, unallocated, excess, unobserved, held, free);
  }

  private static void byNamespace(
      GaugeMetricFamily family, String pool, SortedMap<String, Money> parts) {
    parts.forEach((name, part) -> family.addMetric(List.of(pool, name), dollars(part)));
  }

  private static double dollars(Money money) {
    return money.micros() * MICRO;
  }

  private static GaugeMetricFamily family(String name, String help, List<String> labels) {
    return new GaugeMetricFamily("comptroller_pool_" + name, help, labels);
  }
}
