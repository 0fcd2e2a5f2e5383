package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.queue.order.Blame;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.Call;
import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.relay.InputLimit;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Runs one item once, from its line in the input file to a recorded result.
///
/// ```
/// hold the worst case       no money: the item waits
/// ask the replica           full, leaving, not there: the item waits a little
///                           died: the item waits; blamed often enough, it is quarantined
///                           refused: the item has failed, and costs nothing
/// record the answer         under the attempt's number: a late writer is refused
/// bill it                   under the item's own key, then it is done
/// ```
final class Runner {
  private static final Logger LOG = System.getLogger(Runner.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(30);
  private static final Duration NO_MONEY_PAUSE = Duration.ofSeconds(30);

  /// What a run works with.
  record Parts(
      LiveTable table,
      Relay relay,
      FileStore files,
      ItemStore items,
      BatchStore batches,
      Bills bills,
      Biller biller,
      Pace pace,
      Weather weather,
      QueueMetrics metrics,
      GatewayMetrics gatewayMetrics,
      Clock clock,
      LongSupplier nanos) {}

  /// What an item is charged at.
  ///
  /// @param price at submission
  /// @param tariff percent of it
  /// @param why it runs as it does, for its owner
  private record Deal(PostedPrice price, int tariff, String why) {
    BatchJson.Told told(Slots.Slot slot, long micros) {
      return new BatchJson.Told(slot.leg().variant(), why, micros);
    }
  }

  private final Parts parts;

  Runner(Parts parts) {
    this.parts = parts;
  }

  /// Runs an item in a slot.
  void run(Claimed item, Route route, Slots.Slot slot, Cancellation cancellation)
      throws InterruptedException {
    try {
      attempt(item, route, slot, cancellation);
    } catch (IOException | SQLException | LedgerUnavailable e) {
      LOG.log(Level.WARNING, "item {0} is put back: {1}", item.requestId(), e.getMessage());
      putBack(item, LAST_PAUSE, false);
    }
  }

  private void attempt(Claimed item, Route route, Slots.Slot slot, Cancellation cancellation)
      throws IOException, SQLException, LedgerUnavailable, InterruptedException {
    if (!(admission(item, route) instanceof Admission.Admitted terms)
        || !terms.legs().contains(slot.leg())) {
      putBack(item, NO_MONEY_PAUSE, false);
      return;
    }
    InputLine.Good line = capped(read(item), terms.maxOutputTokens());
    Optional<Pin> found = pin(item, slot.leg().variant());
    if (found.isEmpty()) {
      record(item, failure(slot, unpriced(item), 0));
      return;
    }
    Optional<ApiError> tooLong = tooLong(item, line, route, slot, cancellation);
    if (tooLong.isPresent()) {
      ApiError error = tooLong.get();
      record(item, failure(slot, BatchJson.answered(item, error.status(), error.body(), null), 0));
      return;
    }
    PostedPrice price = found.get().price();
    int tariff = parts.batches().at(item.batch()).tariffPercent();
    Deal deal = new Deal(price, tariff, why(route, tariff));
    switch (parts.bills().hold(item, worst(line, price, tariff), price.version())) {
      case Bills.Hold.NoMoney(String why) -> {
        LOG.log(Level.DEBUG, "item {0} waits: {1}", item.requestId(), why);
        putBack(item, NO_MONEY_PAUSE, false);
      }
      case Bills.Hold.Held(long hold) -> {
        boolean kept = false;
        try {
          long start = parts.nanos().getAsLong();
          AnswerMeter meter = new AnswerMeter(line.inputTokens());
          Capture answer = ask(item, line.body(), route, slot, cancellation, meter);
          long millis = (parts.nanos().getAsLong() - start) / 1_000_000;
          kept = judge(item, slot, answer, meter, deal, hold, millis);
        } finally {
          if (!kept) {
            parts.bills().free(hold);
          }
        }
      }
    }
  }

  private static String why(Route route, int tariff) {
    String batch = "batch work at %d %% of the price at submission".formatted(tariff);
    return route.why().isEmpty() ? batch : route.why() + "; " + batch;
  }

  /// What the payer's budget and the owner's feature allow now, as for a
  /// request whose client waits.
  private Admission admission(Claimed item, Route route) {
    Optional<Account> payer =
        parts.table().current().flatMap(now -> now.router().account(item.payer()));
    return Admission.of(route, payer, item.owner().feature(), parts.clock().instant());
  }

  /// The error for an input that is longer than the deployment takes, where its bytes do not show
  /// that it cannot be.
  private Optional<ApiError> tooLong(
      Claimed item, InputLine.Good line, Route route, Slots.Slot slot, Cancellation cancellation)
      throws InterruptedException {
    Long most = route.limits().maxInputTokens();
    byte[] body = line.body().toString().getBytes(StandardCharsets.UTF_8);
    if (most == null || InputLimit.bound(body) <= most) {
      return Optional.empty();
    }
    OptionalLong counted = parts.relay().counter().count(slot.legOfReplica(), body, cancellation);
    return counted.isPresent()
        ? InputLimit.exceeded(route, item.endpoint(), counted.getAsLong(), true)
        : Optional.empty();
  }

  /// A request with less output, where a cap on that is in force.
  private static InputLine.Good capped(InputLine.Good line, @Nullable Long most) {
    long output = line.tokens() - line.inputTokens();
    ObjectNode body = line.body();
    if (most == null || (output <= most && bounded(body))) {
      return line;
    }
    boolean bounded = bounded(body);
    body.remove(List.of("max_tokens", "max_completion_tokens"));
    body.put("max_tokens", bounded ? Math.min(most, output) : most);
    return new InputLine.Good(
        line.customId(),
        line.model(),
        line.inputTokens() + (bounded ? Math.min(most, output) : most),
        line.inputTokens(),
        body);
  }

  private static boolean bounded(ObjectNode body) {
    return body.hasNonNull("max_tokens") || body.hasNonNull("max_completion_tokens");
  }

  /// The most that an item is expected to cost: where the engine counts more, the rest is held when
  /// it is billed.
  private static long worst(InputLine.Good line, PostedPrice price, int tariff) {
    Usage worst = new Usage(line.inputTokens(), 0, line.tokens() - line.inputTokens(), true);
    return Charge.micros(worst, price, tariff);
  }

  private static String unpriced(Claimed item) {
    return BatchJson.failed(
        item.requestId(),
        item.customId(),
        "price_unavailable",
        "deployment %s had no posted price when the batch was submitted".formatted(item.model()),
        "body.model",
        item.line());
  }

  private InputLine.Good read(Claimed item) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(item.length());
    try (FileChannel channel = parts.files().channel(item.inputFile())) {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, item.start() + bytes.position()) < 0) {
          throw new EOFException("the input file ends before line " + item.line());
        }
      }
    }
    InputLines.Line line =
        new InputLines.Line(item.line(), item.start(), item.length(), bytes.array());
    return switch (new InputLine.Reader(item.endpoint(), item.length()).read(line)) {
      case InputLine.Good good -> good;
      case InputLine.Bad bad -> throw new IOException("line " + item.line() + ": " + bad.message());
    };
  }

  /// The price of a variant at submission; for one that had none then, the one of the variant that
  /// was best.
  private Optional<Pin> pin(Claimed item, String variant) throws SQLException {
    List<Pin> pins =
        parts.batches().pins(item.batch()).stream()
            .filter(pin -> pin.model().equals(item.model()))
            .toList();
    return pins.stream()
        .filter(pin -> pin.variant().equals(variant))
        .findFirst()
        .or(() -> pins.stream().findFirst());
  }

  private Capture ask(
      Claimed item,
      ObjectNode body,
      Route route,
      Slots.Slot slot,
      Cancellation cancellation,
      AnswerMeter meter)
      throws InterruptedException {
    Map<String, String> headers = new TreeMap<>();
    headers.put("content-type", "application/json");
    headers.put("x-request-id", item.requestId());
    headers.put(Names.METER_HEADER, "1");
    headers.put(Names.CLASS_HEADER, TrafficClass.BATCH.word());
    Capture capture = new Capture();
    Call call =
        new Call(
            route,
            List.of(slot.legOfReplica()),
            item.endpoint(),
            headers,
            body.toString().getBytes(StandardCharsets.UTF_8),
            false,
            false,
            1,
            null,
            meter,
            parts.nanos().getAsLong());
    parts.relay().serve(call, capture, cancellation, capture);
    return capture;
  }

  /// Whether the answer was recorded, so that its hold is the biller's.
  private boolean judge(
      Claimed item,
      Slots.Slot slot,
      Capture answer,
      AnswerMeter meter,
      Deal deal,
      long hold,
      long millis)
      throws SQLException, LedgerUnavailable, InterruptedException {
    int status = answer.status();
    if (answer.outcome() == Outcome.OK) {
      Usage usage = meter.usage();
      Answer.Price price = price(usage, deal.price(), deal.tariff());
      Answer done =
          new Answer(
              true,
              BatchJson.answered(item, status, answer.body(), deal.told(slot, price.charged())),
              slot.leg().variant(),
              slot.replica().name(),
              usage,
              price,
              hold,
              meter.gpuNanos(),
              millis);
      parts.pace().ran(item.model(), item.tokens(), millis);
      if (!record(item, done)) {
        return false;
      }
      bill(item);
      return true;
    }
    boolean waits =
        status == 429
            || status == 503
            || answer.outcome() == Outcome.GATEWAY_STOPPED
            || answer.outcome() == Outcome.CLIENT_GONE;
    if (waits) {
      putBack(item, pause(item.attempt()), false);
    } else if (status >= 500) {
      crashed(item, slot, answer, millis);
    } else {
      record(
          item,
          failure(
              slot, BatchJson.answered(item, status, answer.body(), deal.told(slot, 0)), millis));
    }
    return false;
  }

  private void bill(Claimed item) throws InterruptedException {
    try {
      parts.biller().bill(item.sequence());
    } catch (SQLException | LedgerUnavailable e) {
      LOG.log(Level.WARNING, "{0} is billed later: {1}", item.requestId(), e.getMessage());
    }
  }

  static Answer.Price price(Usage usage, PostedPrice price, int tariff) {
    return new Answer.Price(
        price.version(), Charge.micros(usage, price, tariff), Charge.micros(usage, price));
  }

  private void crashed(Claimed item, Slots.Slot slot, Capture answer, long millis)
      throws SQLException, InterruptedException {
    boolean blamed = slot.blamed();
    parts.weather().died(slot.replica());
    parts.metrics().crashed(item.model());
    int met = item.crashes() + 1;
    if (!blamed || !isToBlame(item, met, millis)) {
      putBack(item, FIRST_PAUSE, blamed);
      return;
    }
    String message =
        "quarantined: %d runs ended without an answer of the replica, the last one with: %s"
            .formatted(met, new String(answer.body(), StandardCharsets.UTF_8));
    record(
        item,
        failure(
            slot,
            BatchJson.failed(
                item.requestId(), item.customId(), "quarantined", message, null, item.line()),
            0));
  }

  private boolean isToBlame(Claimed item, int met, long millis) {
    Weather.Sums lately = parts.weather().lately();
    long pace = parts.pace().capacity(item.model()).tokensPerSlot();
    double usual = pace > 0 ? item.tokens() * 1e3 / pace : 0;
    return Blame.isToBlame(
        met,
        Math.max(0, lately.deaths() - met),
        lately.replicaSeconds(),
        Math.max(usual, millis / 1e3));
  }

  private static Answer failure(Slots.Slot slot, String line, long millis) {
    return new Answer(
        false,
        line,
        slot.leg().variant(),
        slot.replica().name(),
        Usage.NONE,
        null,
        null,
        null,
        millis);
  }

  private boolean record(Claimed item, Answer answer) throws SQLException, InterruptedException {
    boolean recorded = parts.items().answer(item, answer, parts.clock().instant());
    if (recorded) {
      parts.metrics().over(item.model(), answer.success() ? "completed" : "failed");
    } else {
      parts.metrics().staleWrite();
    }
    return recorded;
  }

  private void putBack(Claimed item, Duration pause, boolean crashed) throws InterruptedException {
    Instant now = parts.clock().instant();
    try {
      if (!parts.items().putBack(item, now.plus(pause), crashed, now)) {
        parts.metrics().staleWrite();
      }
    } catch (SQLException e) {
      LOG.log(
          Level.WARNING,
          "item {0} stays leased until its lease ends: {1}",
          item.requestId(),
          e.getMessage());
    }
  }

  private static Duration pause(int attempt) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(10, Math.max(0, attempt - 1)));
    return pause.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : pause;
  }
}
