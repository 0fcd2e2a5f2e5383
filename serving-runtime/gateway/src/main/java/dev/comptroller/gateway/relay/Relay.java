package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Replica;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Carries one request to a replica and its answer back.
///
/// ```
/// take a place on the least loaded replica of its leg that was not tried, then of the next leg
///   not connected, or the replica is full or leaving (429, 503): another replica
///   none is left: whoever asked may offer it again, under a newer table
///   broken after the request was sent: 502, no other replica (it may have run, or be the cause)
///   a stream: pass whole events on as they come; hold the last one back until the line is durable
///   anything else: read it whole, make the line durable, pass it on
/// ```
///
/// Properties: a replica sees a request at most once; no second replica is asked once the first
/// byte of an answer's body is on its way; a stream that breaks ends with an error event and never
/// with `[DONE]`; exactly one usage line per request; an answer's last byte leaves after its line
/// is on disk.
public final class Relay implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Relay.class.getName());
  private static final int MOST_WHOLE = 64 * 1024 * 1024;
  private static final int PIECE = 16 * 1024;
  private static final Set<String> NOT_PASSED =
      Set.of(
          "connection",
          "content-length",
          "keep-alive",
          "proxy-authenticate",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "x-request-id",
          Names.GPU_NANOS_HEADER);

  private final Patience patience;
  private final Upstream upstream;
  private final Loads loads;
  private final InputCounter counter;
  private final SilenceWatch watch;
  private final GatewayMetrics metrics;
  private final LongSupplier nanos;
  private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();

  /// How long a relay waits for what.
  ///
  /// @param connect for a connection to a replica
  /// @param answer for the head of an answer
  /// @param silence for the next piece of an answer
  /// @param suspicion how long a replica is a last resort after a connection to it failed
  /// @param elsewhere for a table with other replicas, where none of those in force can take it
  public record Patience(
      Duration connect,
      Duration answer,
      Duration silence,
      Duration suspicion,
      Duration elsewhere) {}

  /// A relay with no load.
  public Relay(Patience patience, GatewayMetrics metrics, LongSupplier nanos) {
    this.patience = patience;
    this.upstream = new Upstream(patience.connect(), patience.answer());
    this.loads = new Loads(patience.suspicion(), nanos);
    this.counter = new InputCounter(upstream, loads, nanos);
    this.watch = new SilenceWatch(patience.silence(), nanos);
    this.metrics = metrics;
    this.nanos = nanos;
  }

  /// What this gateway has running on each replica.
  public Loads loads() {
    return loads;
  }

  /// Asks replicas for the number of a request's input tokens.
  public InputCounter counter() {
    return counter;
  }

  /// How long this relay waits for what.
  public Patience patience() {
    return patience;
  }

  /// Serves one request to its end; settles it exactly once.
  public void serve(Call call, Downstream client, Cancellation cancellation, Settlement settlement)
      throws InterruptedException {
    Tried tried = new Tried();
    if (!offer(call, client, cancellation, settlement, tried)) {
      giveUp(call, client, cancellation, settlement, tried);
    }
  }

  /// Serves one request to its end, unless no replica can take it: then nothing is answered or
  /// settled, and all that were asked are among the tried ones.
  ///
  /// @return whether it has ended
  public boolean offer(
      Call call, Downstream client, Cancellation cancellation, Settlement settlement, Tried tried)
      throws InterruptedException {
    Exchange exchange = new Exchange(call, client, cancellation, settlement, tried);
    return guarded(exchange, exchange::placed);
  }

  /// Ends a request that no replica can take; settles it.
  public void giveUp(
      Call call, Downstream client, Cancellation cancellation, Settlement settlement, Tried tried)
      throws InterruptedException {
    Exchange exchange = new Exchange(call, client, cancellation, settlement, tried);
    var _ = guarded(exchange, exchange::untaken);
  }

  private interface Way {
    boolean ended() throws ClientGone, LedgerUnavailable, InterruptedException;
  }

  private boolean guarded(Exchange exchange, Way way) throws InterruptedException {
    running.add(exchange.cancellation);
    try {
      return way.ended();
    } catch (ClientGone e) {
      exchange.cancellation.cancel(Cancellation.Cause.CLIENT_GONE);
      exchange.settleGone();
    } catch (LedgerUnavailable e) {
      exchange.failUnbooked(e);
    } finally {
      running.remove(exchange.cancellation);
    }
    return true;
  }

  /// Ends every request that still runs, with an error that says why.
  public void abandon() {
    running.forEach(cancellation -> cancellation.cancel(Cancellation.Cause.SHUTDOWN));
  }

  @Override
  public void close() {
    watch.close();
    upstream.close();
  }

  /// The state of one request; confined to its thread.
  private final class Exchange {
    private final Call call;
    private final Route route;
    private final Downstream client;
    private final Cancellation cancellation;
    private final Settlement settlement;
    private final Tried tried;
    private final StreamTail tail = new StreamTail();
    private @Nullable Leg leg;
    private String replica = "";
    private boolean settled;

    Exchange(
        Call call,
        Downstream client,
        Cancellation cancellation,
        Settlement settlement,
        Tried tried) {
      this.call = call;
      this.route = call.route();
      this.client = client;
      this.cancellation = cancellation;
      this.settlement = settlement;
      this.tried = tried;
    }

    /// Refuses it, so that it has ended.
    boolean untaken() throws ClientGone, LedgerUnavailable, InterruptedException {
      if (cancellation.cause() != null) {
        stopped();
        return true;
      }
      refuse(
          Outcome.UPSTREAM_FAILED,
          ApiError.unavailable(
              "none of the %d ready replicas of deployment %s could take the request"
                  .formatted(tried.size(), Router.fullName(route)),
              "no_replica_reachable"));
      return true;
    }

    /// Whether some replica took it, so that it has ended.
    boolean placed() throws ClientGone, LedgerUnavailable, InterruptedException {
      for (Optional<Loads.Place> next = take(); next.isPresent(); next = take()) {
        if (tried.size() > 0) {
          metrics.rerouted(route.namespace(), route.deployment());
        }
        try (Loads.Place place = next.get()) {
          if (attempt(place)) {
            return true;
          }
        }
      }
      return false;
    }

    /// A place on the first leg that has a replica left to try.
    private Optional<Loads.Place> take() throws LedgerUnavailable, InterruptedException {
      for (Leg next : call.legs()) {
        Optional<Loads.Place> place = loads.take(next.replicas(), tried);
        if (place.isPresent()) {
          if (!next.equals(leg) && !settlement.moveTo(next)) {
            place.get().close();
            continue;
          }
          leg = next;
          return place;
        }
      }
      return Optional.empty();
    }

    /// Tries one replica; true when the request has ended there.
    private boolean attempt(Loads.Place place)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      Replica chosen = place.replica();
      replica = chosen.name();
      return switch (upstream.post(
          chosen, call.path(), call.headers(), call.body(), cancellation)) {
        case Attempt.Unreachable(String why) -> {
          loads.failed(chosen);
          tried.unreached(chosen);
          failed("connect", why);
          yield false;
        }
        case Attempt.Broken(String why) -> {
          broken(why);
          yield true;
        }
        case Attempt.Cancelled() -> {
          stopped();
          yield true;
        }
        case Attempt.Answered(HttpResponse<InputStream> response) -> {
          int status = response.statusCode();
          try (InputStream body = response.body()) {
            if (status == 429 || status == 503) {
              tried.refused(chosen);
              if (status == 503 || tried.leaves(call.legs())) {
                yield false;
              }
            }
            pass(place, response, body);
          } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing an answer", e);
          }
          yield true;
        }
      };
    }

    private void pass(Loads.Place place, HttpResponse<InputStream> response, InputStream body)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      String type = response.headers().firstValue("content-type").orElse("");
      try (SilenceWatch.Watched silence = watch.watch(cancellation)) {
        if (call.stream()
            && response.statusCode() == 200
            && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
          passStream(place, response, body, silence);
        } else {
          passWhole(response, body);
        }
      }
    }

    private void passWhole(HttpResponse<InputStream> response, InputStream in)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      byte[] body;
      try {
        body = in.readNBytes(MOST_WHOLE + 1);
      } catch (IOException e) {
        stoppedOrBroken(Upstream.describe(e));
        return;
      }
      if (cancellation.cause() != null) {
        stopped();
        return;
      }
      if (body.length > MOST_WHOLE) {
        broken("its answer is longer than " + MOST_WHOLE + " bytes");
        return;
      }
      int status = response.statusCode();
      boolean ok = status >= 200 && status < 300;
      if (ok) {
        call.meter().onBody(body);
        response.headers().firstValue(Names.GPU_NANOS_HEADER).ifPresent(call.meter()::onGpuNanos);
        Optional<ApiError> tooLong = InputLimit.exceeded(call);
        if (tooLong.isPresent()) {
          refuse(Outcome.UPSTREAM_REFUSED, tooLong.get());
          return;
        }
        body = call.tier() == null ? body : TierField.in(body, call.tier());
      }
      Map<String, String> headers = passedHeaders(response);
      headers.putAll(
          settle(
                  ok
                      ? Outcome.OK
                      : status >= 500 ? Outcome.UPSTREAM_FAILED : Outcome.UPSTREAM_REFUSED,
                  status)
              .headers());
      noteFirstByte();
      client.respond(status, headers, body);
    }

    private void passStream(
        Loads.Place place,
        HttpResponse<InputStream> response,
        InputStream in,
        SilenceWatch.Watched silence)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      SseScanner scanner = new SseScanner();
      byte[] piece = new byte[PIECE];
      try {
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
          silence.heard();
          if (passEvents(place, response, scanner.feed(piece, n), silence)) {
            return;
          }
          silence.heard();
        }
        stoppedOrBroken("the stream stopped before its end");
      } catch (IOException e) {
        stoppedOrBroken(Upstream.describe(e));
      } catch (SseScanner.TooLong _) {
        broken("an event is longer than " + SseScanner.MOST + " bytes");
      }
    }

    /// Passes events on; true when the stream has come to its end, or money has ended it.
    private boolean passEvents(
        Loads.Place place,
        HttpResponse<InputStream> response,
        List<SseScanner.Event> events,
        SilenceWatch.Watched silence)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      AnswerMeter meter = call.meter();
      ByteArrayOutputStream passed = new ByteArrayOutputStream();
      for (SseScanner.Event raw : events) {
        SseScanner.Event event = call.tier() == null ? raw : TierField.in(raw, call.tier());
        event.usageComments().forEach(meter::onUsageComment);
        silence.waitForClient();
        Optional<ApiError> tooLong = client.begun() ? Optional.empty() : InputLimit.exceeded(call);
        if (tooLong.isPresent()) {
          refuse(Outcome.UPSTREAM_REFUSED, tooLong.get());
          return true;
        }
        if (event.done()) {
          write(response, passed.toByteArray());
          place.close();
          Receipt receipt = settle(Outcome.OK, 200);
          passed.reset();
          passed.writeBytes(tail.with(receipt));
          passed.writeBytes(event.bytes());
          write(response, passed.toByteArray());
          client.end(receipt.headers());
          return true;
        }
        Usage before = meter.usage();
        if (!event.data().isEmpty()) {
          meter.onData(event.data());
        }
        boolean ended = meter.ended(call.choices());
        if (!meter.failed() && !ended && !settlement.covers(meter.usage())) {
          write(response, passed.toByteArray());
          place.close();
          cut(response, event.data(), before);
          return true;
        }
        tail.take(event, ended, passed);
      }
      write(response, passed.toByteArray());
      return false;
    }

    /// Ends a stream whose next piece nobody pays for.
    private void cut(HttpResponse<InputStream> response, String last, Usage paid)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      call.meter().cut(paid);
      metrics.cutByBudget(route.namespace(), route.deployment());
      Receipt receipt = settle(Outcome.OK, 200);
      write(response, StreamTail.cut(last, call, paid, receipt));
      client.end(receipt.headers());
    }

    private void write(HttpResponse<InputStream> response, byte[] bytes) throws ClientGone {
      if (bytes.length > 0) {
        begin(response);
        client.write(bytes);
      }
    }

    private void begin(HttpResponse<InputStream> response) throws ClientGone {
      if (!client.begun()) {
        noteFirstByte();
        client.begin(200, passedHeaders(response));
      }
    }

    private void stoppedOrBroken(String why)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      if (settled) {
        LOG.log(Level.DEBUG, "after the end of an answer of {0}: {1}", replica, why);
      } else if (cancellation.cause() != null) {
        stopped();
      } else {
        broken(why);
      }
    }

    /// Ends a request that was cancelled.
    private void stopped() throws ClientGone, LedgerUnavailable, InterruptedException {
      switch (cancellation.cause()) {
        case SHUTDOWN ->
            end(
                Outcome.GATEWAY_STOPPED,
                ApiError.unavailable("this gateway was shut down, try again", "shutting_down"));
        case SILENT -> broken("it has sent nothing for " + watch.limit().toSeconds() + " s");
        case CLIENT_GONE -> settleGone();
        case null -> broken("the request was cancelled");
      }
    }

    /// Ends a request whose replica failed after it may have begun.
    private void broken(String why) throws ClientGone, LedgerUnavailable, InterruptedException {
      failed(client.begun() ? "stream" : "answer", why);
      end(Outcome.UPSTREAM_FAILED, ApiError.upstream(failureMessage(why)));
    }

    /// Ends a request with an error: as the answer, or as the last event of a stream.
    private void end(Outcome outcome, ApiError error)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      if (!client.begun()) {
        refuse(outcome, error);
        return;
      }
      settle(outcome, 200);
      client.write(tail.asItCame());
      if (!call.meter().failed()) {
        client.write(error.event());
      }
      client.end(Map.of());
    }

    private void refuse(Outcome outcome, ApiError error)
        throws ClientGone, LedgerUnavailable, InterruptedException {
      Map<String, String> headers = answerHeaders();
      headers.putAll(settle(outcome, error.status()).headers());
      client.respond(error.status(), error.headersWith(headers), error.body());
    }

    private String failureMessage(String why) {
      return "replica %s of deployment %s failed: %s"
          .formatted(replica, Router.fullName(route), why);
    }

    private Receipt settle(Outcome outcome, int status)
        throws LedgerUnavailable, InterruptedException {
      if (settled) {
        return Receipt.NONE;
      }
      settled = true;
      return settlement.settle(outcome, leg, replica, status);
    }

    void settleGone() throws InterruptedException {
      try {
        settle(Outcome.CLIENT_GONE, client.begun() ? 200 : 499);
      } catch (LedgerUnavailable e) {
        LOG.log(Level.ERROR, "the line of a request that its client left: {0}", e.getMessage());
      }
    }

    /// Ends a request whose line could not be made durable: with an error, never as
    /// if all was well.
    void failUnbooked(LedgerUnavailable why) {
      ApiError error = ApiError.unavailable(String.valueOf(why.getMessage()), "ledger_unavailable");
      LOG.log(Level.ERROR, "a request ends with an error: {0}", error.message());
      try {
        if (client.begun()) {
          client.write(error.event());
          client.end(Map.of());
        } else {
          client.respond(error.status(), error.headersWith(answerHeaders()), error.body());
        }
      } catch (ClientGone _) {
        LOG.log(Level.DEBUG, "the client left as well");
      }
    }

    private void failed(String kind, String why) {
      metrics.upstreamFailed(route.namespace(), route.deployment(), kind);
      LOG.log(Level.WARNING, "{0} ({1})", failureMessage(why), kind);
    }

    private void noteFirstByte() {
      metrics.firstByte(
          route.namespace(), route.deployment(), (nanos.getAsLong() - call.startNanos()) / 1e9);
    }

    private Map<String, String> answerHeaders() {
      return new TreeMap<>(settlement.answerHeaders(leg));
    }

    private Map<String, String> passedHeaders(HttpResponse<InputStream> response) {
      Map<String, String> headers = new TreeMap<>();
      response
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!NOT_PASSED.contains(name) && !name.startsWith(":")) {
                  headers.put(name, String.join(", ", values));
                }
              });
      headers.putAll(answerHeaders());
      return headers;
    }
  }
}
