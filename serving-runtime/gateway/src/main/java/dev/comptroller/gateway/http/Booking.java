package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.metrics.ChargeCounters;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.money.Escrow;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.relay.Receipt;
import dev.comptroller.gateway.relay.Receipt.Left;
import dev.comptroller.gateway.relay.Settlement;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One request's way to its usage line: filled in as things become known, written once.
///
/// The price is the one of the leg that served, as it was when the route was resolved, so a change
/// while an answer runs does not touch it. Confined to the request's thread.
final class Booking implements Settlement {
  private static final Logger LOG = System.getLogger(Booking.class.getName());
  private static final int LONGEST_MODEL = 256;
  private static final int LONGEST_HEADER = 512;
  private static final int WHOLE = 100;

  /// Where lines and numbers go, and what time it is.
  record Books(ChargeLedger ledger, GatewayMetrics metrics, Clock clock, LongSupplier nanos) {}

  private final Books books;
  private final String requestId;
  private final long startNanos;
  private final List<String> why = new ArrayList<>();
  private String model = "";
  private boolean stream;
  private TrafficClass trafficClass = TrafficClass.INTERACTIVE;
  private int tariffPercent = WHOLE;
  private String deferral = "";
  private @Nullable Long outputCap;
  private @Nullable Long waitedMillis;
  private @Nullable Route route;
  private @Nullable Caller caller;
  private Account.@Nullable Feature featureAccount;
  private dev.comptroller.protocol.routing.@Nullable Account payer;
  private @Nullable Long amount;
  private @Nullable AnswerMeter meter;
  private @Nullable Escrow escrow;
  private LongConsumer used = _ -> {};
  private boolean settling;

  Booking(Books books, String requestId) {
    this.books = books;
    this.requestId = requestId;
    this.startNanos = books.nanos().getAsLong();
  }

  long startNanos() {
    return startNanos;
  }

  void asked(RequestFields fields) {
    model = fields.model().substring(0, Math.min(fields.model().length(), LONGEST_MODEL));
    stream = fields.stream();
  }

  /// Notes who asks what; once more where that was found out anew after a wait.
  ///
  /// @param account of the feature in the ledger, if it has an amount
  /// @param budget of the namespace that pays; empty if it has none
  void routed(
      Route found,
      Caller from,
      Optional<Account.Feature> account,
      Optional<dev.comptroller.protocol.routing.Account> budget) {
    why.clear();
    outputCap = null;
    route = found;
    caller = from;
    featureAccount = account.orElse(null);
    payer = budget.orElse(null);
    amount =
        budget
            .flatMap(one -> Accounts.terms(one, from.feature()))
            .map(dev.comptroller.protocol.routing.Account.Feature::amountMicros)
            .orElse(null);
    explain(found.why());
    explain(deferral);
  }

  /// Notes that it runs as deferred work.
  void deferred(TrafficClass as, int tariff, String reason) {
    trafficClass = as;
    tariffPercent = tariff;
    deferral = reason;
    explain(reason);
  }

  /// Adds to what the answer says of itself.
  void explain(String reason) {
    if (!reason.isEmpty()) {
      why.add(reason);
    }
  }

  /// Notes that its output was capped.
  void capped(long tokens, String reason) {
    outputCap = tokens;
    explain(reason);
  }

  /// Notes how long it waited for a replica.
  void waited(long millis) {
    waitedMillis = millis;
  }

  void metered(AnswerMeter answer) {
    meter = answer;
  }

  /// Holds its money in an escrow.
  void holds(Escrow money) {
    escrow = money;
  }

  /// Holds no money any more: it waits, and nothing ran.
  void letGo() throws LedgerUnavailable, InterruptedException {
    Escrow money = escrow;
    escrow = null;
    if (money != null) {
      money.cancel();
    }
  }

  /// Is told the tokens that were used.
  void whenUsed(LongConsumer tokens) {
    used = tokens;
  }

  /// Whether it runs as deferred work.
  boolean isBatch() {
    return trafficClass == TrafficClass.BATCH;
  }

  int tariffPercent() {
    return tariffPercent;
  }

  @Override
  public boolean moveTo(Leg leg) throws LedgerUnavailable, InterruptedException {
    Escrow money = escrow;
    PostedPrice posted = leg.postedPrice();
    if (money == null || money.holdsAt(posted == null ? Funding.UNPRICED : posted)) {
      return true;
    }
    money.cancel();
    return money.open(leg.postedPrice(), tariffPercent) instanceof Opened.Open;
  }

  @Override
  public boolean covers(Usage usage) throws LedgerUnavailable, InterruptedException {
    Escrow money = escrow;
    return money == null || money.covers(usage);
  }

  @Override
  public Receipt settle(Outcome outcome, @Nullable Leg leg, String replica, int status)
      throws LedgerUnavailable, InterruptedException {
    settling = true;
    AnswerMeter answer = meter;
    boolean ran = outcome == Outcome.OK || outcome == Outcome.CLIENT_GONE || status == 200;
    Usage usage = answer == null || !ran ? Usage.NONE : answer.usage();
    PostedPrice price = leg == null ? null : leg.postedPrice();
    Escrow money = escrow;
    UsageLine line;
    if (money != null && price != null) {
      line =
          money.settle(
              money.charge(usage),
              micros -> line(outcome, leg, replica, status, usage, price, micros));
    } else {
      if (money != null) {
        money.cancel();
      }
      Long charge = price == null ? null : Long.valueOf(Charge.micros(usage, price, tariffPercent));
      line = line(outcome, leg, replica, status, usage, price, charge);
      books.ledger().append(line);
    }
    used.accept(usage.prompt() + usage.completion());
    count(line, status, leg);
    return new Receipt(
        leg == null ? "" : leg.variant(), explanation(), line.chargeMicros(), left());
  }

  @Override
  public Map<String, String> answerHeaders(@Nullable Leg leg) {
    Map<String, String> headers = new TreeMap<>();
    if (leg != null) {
      headers.put("x-comptroller-variant", leg.variant());
    }
    if (!why.isEmpty()) {
      headers.put("x-comptroller-why", explanation());
    }
    Long cap = outputCap;
    if (cap != null) {
      headers.put("x-comptroller-output-cap", Long.toString(cap));
    }
    Long waited = waitedMillis;
    if (waited != null) {
      headers.put("x-comptroller-waited-ms", Long.toString(waited));
    }
    return headers;
  }

  /// Frees what is still held when a defect kept the request from being settled.
  void abandon() throws InterruptedException {
    Escrow money = escrow;
    if (money != null && !settling) {
      try {
        money.cancel();
      } catch (LedgerUnavailable e) {
        LOG.log(Level.ERROR, "a hold stays until it expires: {0}", e.getMessage());
      }
    }
  }

  private UsageLine line(
      Outcome outcome,
      @Nullable Leg leg,
      String replica,
      int status,
      Usage usage,
      @Nullable PostedPrice price,
      @Nullable Long charge) {
    Route served = route;
    AnswerMeter answer = meter;
    Caller from = caller;
    return new UsageLine(
        "use_" + UUID.randomUUID(),
        requestId,
        books.clock().instant(),
        model,
        served == null ? "" : served.namespace(),
        served == null ? "" : served.deployment(),
        leg == null || replica.isEmpty() ? "" : leg.variant(),
        replica,
        from == null ? null : from.namespace(),
        from == null ? null : from.feature(),
        trafficClass == TrafficClass.INTERACTIVE ? "interactive" : "batch",
        stream,
        outcome,
        status,
        answer == null ? null : answer.finishReason(),
        usage,
        price == null ? null : Long.valueOf(price.version()),
        charge,
        tariffPercent,
        answer == null ? null : answer.gpuNanos(),
        (books.nanos().getAsLong() - startNanos) / 1_000_000);
  }

  /// What is left of the feature's amount now or, where it has none, of its namespace's budget as
  /// the operator last said.
  private @Nullable Left left() {
    Account.Feature account = featureAccount;
    if (account == null) {
      return payer == null ? null : left(payer);
    }
    try {
      Standing standing = books.ledger().standing(account);
      Long limit = standing.limitMicros() == null ? amount : standing.limitMicros();
      return limit == null ? null : new Left(standing.leftOf(limit), null);
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "what a feature has left cannot be read: {0}", e.getMessage());
      return null;
    }
  }

  private @Nullable Left left(dev.comptroller.protocol.routing.Account budget) {
    Long micros = budget.leftMicros();
    boolean over = !books.clock().instant().isBefore(budget.periodEnd());
    return micros == null || over ? null : new Left(micros, budget.leftAt());
  }

  /// The reasons as one header value: printable, and not endless.
  private String explanation() {
    String all = String.join("; ", why).replaceAll("[^\\x20-\\x7e]", "?");
    return all.substring(0, Math.min(all.length(), LONGEST_HEADER));
  }

  private void count(UsageLine line, int status, @Nullable Leg leg) {
    GatewayMetrics metrics = books.metrics();
    metrics.answered(line.namespace(), line.deployment(), status);
    if (line.replica().isEmpty()) {
      return;
    }
    Long charge = line.chargeMicros();
    metrics.used(
        line.namespace(), line.deployment(), line.variant(), line.trafficClass(), line.usage());
    metrics
        .charges()
        .add(
            ChargeCounters.Charged.of(
                line.payer(), line.feature(), line.namespace(), line.deployment(), line.variant()),
            line.outcome() == Outcome.OK || (charge != null && charge > 0) ? charge : null,
            line.gpuNanos(),
            leg == null ? ChargeCounters.GpuRate.UNKNOWN : ChargeCounters.GpuRate.of(leg));
    if (charge == null) {
      metrics.unpriced(line.namespace(), line.deployment());
    } else {
      metrics.charged(line.namespace(), line.deployment(), line.variant(), charge);
    }
  }
}
