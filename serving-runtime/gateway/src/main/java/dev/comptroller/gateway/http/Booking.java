package dev.comptroller.gateway.http;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.relay.Settlement;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One request's way to its usage line: filled in as things become known, written once.
///
/// The price is the one of the leg that served, as it was when the route was resolved, so a change
/// while an answer runs does not touch it. Confined to the request's thread.
final class Booking implements Settlement {
  private static final int LONGEST_MODEL = 256;

  /// Where lines and numbers go, and what time it is.
  record Books(UsageLedger ledger, GatewayMetrics metrics, Clock clock, LongSupplier nanos) {}

  private final Books books;
  private final String requestId;
  private final Identity identity;
  private final long startNanos;
  private String model = "";
  private boolean stream;
  private @Nullable Route route;
  private @Nullable AnswerMeter meter;

  Booking(Books books, String requestId, Identity identity) {
    this.books = books;
    this.requestId = requestId;
    this.identity = identity;
    this.startNanos = books.nanos().getAsLong();
  }

  long startNanos() {
    return startNanos;
  }

  void asked(RequestFields fields) {
    model = fields.model().substring(0, Math.min(fields.model().length(), LONGEST_MODEL));
    stream = fields.stream();
  }

  void routed(Route found) {
    route = found;
  }

  void metered(AnswerMeter answer) {
    meter = answer;
  }

  @Override
  public Map<String, String> settle(Outcome outcome, @Nullable Leg leg, String replica, int status)
      throws LedgerUnavailable, InterruptedException {
    Route served = route;
    AnswerMeter answer = meter;
    boolean ran = outcome == Outcome.OK || outcome == Outcome.CLIENT_GONE || status == 200;
    Usage usage = answer == null || !ran ? Usage.NONE : answer.usage();
    PostedPrice price = leg == null ? null : leg.postedPrice();
    Long charge = price == null ? null : Long.valueOf(Charge.micros(usage, price));
    UsageLine line =
        new UsageLine(
            "use_" + UUID.randomUUID(),
            requestId,
            books.clock().instant(),
            model,
            served == null ? "" : served.namespace(),
            served == null ? "" : served.deployment(),
            leg == null || replica.isEmpty() ? "" : leg.variant(),
            replica,
            identity.namespace(),
            identity.feature(),
            identity.trafficClass(),
            stream,
            outcome,
            status,
            answer == null ? null : answer.finishReason(),
            usage,
            price == null ? null : Long.valueOf(price.version()),
            charge,
            100,
            null,
            (books.nanos().getAsLong() - startNanos) / 1_000_000);
    books.ledger().append(line);
    count(line, status);
    return costHeaders(line);
  }

  private void count(UsageLine line, int status) {
    GatewayMetrics metrics = books.metrics();
    metrics.answered(line.namespace(), line.deployment(), status);
    if (line.replica().isEmpty()) {
      return;
    }
    metrics.used(line.namespace(), line.deployment(), line.variant(), line.usage());
    Long charge = line.chargeMicros();
    if (charge == null) {
      metrics.unpriced(line.namespace(), line.deployment());
    } else {
      metrics.charged(line.namespace(), line.deployment(), line.variant(), charge);
    }
  }

  private static Map<String, String> costHeaders(UsageLine line) {
    Map<String, String> headers = new TreeMap<>();
    Long charge = line.chargeMicros();
    if (charge != null) {
      headers.put("x-comptroller-cost", Charge.dollars(charge));
    }
    return headers;
  }
}
