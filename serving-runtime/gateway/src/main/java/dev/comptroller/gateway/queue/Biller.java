package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.metrics.ChargeCounters;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.table.LiveTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/// Puts answered items on the ledger, each once.
///
/// The item's own row says what to charge, so that a bill is the same before and after a crash, and
/// its key names the item, so that the ledger takes it once.
final class Biller {
  private static final String SELECT =
      "SELECT item.seq, item.model, item.payer, item.line, item.hold, item.variant, item.replica,"
          + " item.finished_ms, item.millis, item.prompt_tokens, item.cached_tokens,"
          + " item.completion_tokens, item.estimated, item.price_version, item.charge_micros,"
          + " item.full_micros, item.gpu_ns, batch.id AS batch_id, batch.namespace AS owner_namespace,"
          + " batch.feature, batch.tariff_percent"
          + " FROM item JOIN batch ON batch.seq = item.batch WHERE item.state = 'answered'";

  private final QueueDatabase database;
  private final ItemStore items;
  private final Bills bills;
  private final QueueMetrics metrics;
  private final GatewayMetrics gateway;
  private final LiveTable table;

  Biller(
      QueueDatabase database,
      ItemStore items,
      Bills bills,
      QueueMetrics metrics,
      GatewayMetrics gateway,
      LiveTable table) {
    this.database = database;
    this.items = items;
    this.bills = bills;
    this.metrics = metrics;
    this.gateway = gateway;
    this.table = table;
  }

  private record Due(long item, long full, UsageLine line, Bills.Answered answered) {}

  /// Bills one item, if it is answered and not billed.
  void bill(long item) throws SQLException, LedgerUnavailable, InterruptedException {
    for (Due due :
        database.read(
            connection -> Sql.list(connection, SELECT + " AND item.seq = ?", Biller::due, item))) {
      bill(due);
    }
  }

  /// Bills what a crash, or a ledger that could not write, left over.
  ///
  /// @param answeredBefore leaves the ones to their runs that were answered a moment ago
  void billAll(Instant answeredBefore)
      throws SQLException, LedgerUnavailable, InterruptedException {
    List<Due> left =
        database.read(
            connection ->
                Sql.list(
                    connection,
                    SELECT + " AND item.finished_ms < ? LIMIT 1000",
                    Biller::due,
                    answeredBefore.toEpochMilli()));
    for (Due due : left) {
      bill(due);
    }
  }

  private void bill(Due due) throws SQLException, LedgerUnavailable, InterruptedException {
    long charged = bills.settle(due.answered());
    if (items.billed(due.item(), charged)) {
      UsageLine line = due.line();
      metrics.billed(due.answered().model(), charged, due.full());
      gateway.used(
          line.namespace(), line.deployment(), line.variant(), line.trafficClass(), line.usage());
      gateway.charged(line.namespace(), line.deployment(), line.variant(), charged);
      gateway
          .charges()
          .add(
              ChargeCounters.Charged.of(
                  line.payer(),
                  line.feature(),
                  line.namespace(),
                  line.deployment(),
                  line.variant()),
              charged,
              line.gpuNanos(),
              rate(due.answered().model(), line.variant()));
    }
  }

  /// What a GPU of a variant costs, as far as the routing table says.
  private ChargeCounters.GpuRate rate(String model, String variant) {
    return table
        .current()
        .map(now -> now.router().resolve(model))
        .filter(Resolution.Found.class::isInstance)
        .map(Resolution.Found.class::cast)
        .stream()
        .flatMap(found -> found.route().legs().stream())
        .filter(leg -> leg.variant().equals(variant))
        .map(ChargeCounters.GpuRate::of)
        .findFirst()
        .orElse(ChargeCounters.GpuRate.UNKNOWN);
  }

  private static Due due(ResultSet row) throws SQLException {
    String batch = row.getString("batch_id").substring("batch_".length());
    String requestId = "batch_req_%s_%d".formatted(batch, row.getInt("line"));
    String model = row.getString("model");
    int slash = model.indexOf('/');
    String owner = row.getString("owner_namespace");
    UsageLine line =
        new UsageLine(
            "use_" + requestId,
            requestId,
            Instant.ofEpochMilli(row.getLong("finished_ms")),
            model,
            model.substring(0, slash),
            model.substring(slash + 1),
            row.getString("variant"),
            row.getString("replica"),
            owner.isEmpty() ? null : owner,
            owner.isEmpty() ? null : row.getString("feature"),
            "batch",
            false,
            Outcome.OK,
            200,
            null,
            new Usage(
                row.getLong("prompt_tokens"),
                row.getLong("cached_tokens"),
                row.getLong("completion_tokens"),
                row.getBoolean("estimated")),
            Sql.maybeLong(row, "price_version"),
            Sql.maybeLong(row, "charge_micros"),
            row.getInt("tariff_percent"),
            Sql.maybeLong(row, "gpu_ns"),
            row.getLong("millis"));
    Owner who = new Owner(owner, row.getString("feature"));
    return new Due(
        row.getLong("seq"),
        row.getLong("full_micros"),
        line,
        new Bills.Answered(
            ChargeBills.key(row.getString("batch_id"), row.getInt("line")),
            row.getLong("hold"),
            who,
            model,
            row.getLong("charge_micros"),
            row.getLong("price_version"),
            charged -> withCharge(line, charged)));
  }

  private static UsageLine withCharge(UsageLine line, long charged) {
    return new UsageLine(
        line.id(),
        line.requestId(),
        line.at(),
        line.model(),
        line.namespace(),
        line.deployment(),
        line.variant(),
        line.replica(),
        line.payer(),
        line.feature(),
        line.trafficClass(),
        line.stream(),
        line.outcome(),
        line.status(),
        line.finishReason(),
        line.usage(),
        line.priceVersion(),
        charged,
        line.tariffPercent(),
        line.gpuNanos(),
        line.millis());
  }
}
