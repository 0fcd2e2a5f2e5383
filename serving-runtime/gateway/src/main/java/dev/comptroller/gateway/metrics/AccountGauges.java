package dev.comptroller.gateway.metrics;

import io.prometheus.client.Collector;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Where the ledger's accounts of the budgets in force stand, read at every scrape.
public final class AccountGauges extends Collector {
  private static final List<String> LABELS = List.of("kind", "namespace", "name", "period");

  /// One account.
  ///
  /// @param kind `feature`, or `abroad`: what others charge the namespace
  /// @param name of the feature; empty for `abroad`
  /// @param period its first instant
  public record Row(
      String kind,
      String namespace,
      String name,
      Instant period,
      long spentMicros,
      long heldMicros) {}

  private final Supplier<List<Row>> rows;

  /// Gauges of what `rows` gives at a scrape.
  public AccountGauges(Supplier<List<Row>> rows) {
    this.rows = rows;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<Row> now = rows.get();
    return List.of(
        family(now, "spent", "Micro-dollars settled on an account.", Row::spentMicros),
        family(now, "held", "Micro-dollars that running requests hold.", Row::heldMicros));
  }

  private static MetricFamilySamples family(
      List<Row> rows, String what, String help, ToLongFunction<Row> value) {
    String name = "comptroller_account_" + what + "_micros";
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    for (Row row : rows) {
      List<String> labels =
          List.of(row.kind(), row.namespace(), row.name(), row.period().toString());
      samples.add(
          new MetricFamilySamples.Sample(name, LABELS, labels, (double) value.applyAsLong(row)));
    }
    return new MetricFamilySamples(name, Type.GAUGE, help, samples);
  }
}
