package dev.comptroller.gateway.http;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.Call;
import dev.comptroller.gateway.relay.ClientGone;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.route.Turns;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import io.prometheus.client.Gauge;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// `POST /v1/chat/completions` and `POST /v1/completions`.
final class Completions {
  private static final List<String> PASSED =
      List.of("accept", "content-type", "traceparent", "tracestate", "user-agent");
  private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]{1,1024}");

  private final LiveTable table;
  private final Relay relay;
  private final Drain drain;
  private final Booking.Books books;
  private final Turns turns = new Turns();

  Completions(LiveTable table, Relay relay, Drain drain, Booking.Books books) {
    this.table = table;
    this.relay = relay;
    this.drain = drain;
    this.books = books;
  }

  void handle(HttpExchange exchange) throws ClientGone, InterruptedException {
    if (!books.ledger().healthy()) {
      exchange.refuse(
          ApiError.unavailable(
              "usage cannot be recorded at the moment, so nothing is admitted",
              "ledger_unavailable"));
      return;
    }
    Booking booking = new Booking(books, exchange.requestId(), Identity.UNKNOWN);
    if (!drain.enter()) {
      refuse(
          exchange,
          booking,
          ApiError.unavailable("this gateway is shutting down, try again", "shutting_down"));
      return;
    }
    try {
      admit(exchange, booking);
    } catch (RequestFields.Refused e) {
      refuse(exchange, booking, e.error());
    } finally {
      drain.leave();
    }
  }

  private void admit(HttpExchange exchange, Booking booking)
      throws RequestFields.Refused, ClientGone, InterruptedException {
    Optional<ApiError> problem = exchange.problem();
    if (problem.isPresent()) {
      throw new RequestFields.Refused(problem.get());
    }
    RequestFields fields = RequestFields.read(exchange.body());
    booking.asked(fields);
    Router router = router();
    Route route = resolve(router, fields.model());
    booking.routed(route);
    switch (Admission.of(route, router.account(route.namespace()), books.clock().instant())) {
      case Admission.NotReady(_, String message) ->
          throw new RequestFields.Refused(ApiError.unavailable(message, "deployment_not_ready"));
      case Admission.NotFunded(String message) ->
          throw new RequestFields.Refused(
              new ApiError(
                  429,
                  message,
                  "insufficient_quota",
                  null,
                  "insufficient_quota",
                  Map.of("x-should-retry", "false")));
      case Admission.Admitted() -> serve(exchange, booking, fields, route);
    }
  }

  private Router router() throws RequestFields.Refused {
    return table
        .current()
        .orElseThrow(
            () ->
                new RequestFields.Refused(
                    ApiError.unavailable(
                        "this gateway has no routing table yet", "no_routing_table")))
        .router();
  }

  private static Route resolve(Router router, String model) throws RequestFields.Refused {
    return switch (router.resolve(model)) {
      case Resolution.Found(Route route) -> route;
      case Resolution.Unknown(String name) ->
          throw new RequestFields.Refused(Models.notFound(name));
      case Resolution.Ambiguous(String name, List<String> candidates) ->
          throw new RequestFields.Refused(Models.ambiguous(name, candidates));
    };
  }

  private void serve(HttpExchange exchange, Booking booking, RequestFields fields, Route route)
      throws InterruptedException {
    AnswerMeter meter = new AnswerMeter(fields.guessedPrompt());
    booking.metered(meter);
    Call call =
        new Call(
            route,
            legs(route),
            exchange.path(),
            upstreamHeaders(exchange),
            exchange.body(),
            fields.stream(),
            Map.of(),
            meter,
            booking.startNanos());
    Gauge.Child inFlight = books.metrics().inFlight(route.namespace(), route.deployment());
    inFlight.inc();
    try {
      relay.serve(call, exchange, exchange.cancellation(), booking);
    } finally {
      inFlight.dec();
    }
  }

  /// The leg whose turn it is, then the other open ones, best first.
  private List<Leg> legs(Route route) {
    List<Leg> open = Legs.open(route.legs());
    Optional<Leg> first = Legs.pick(open, turns.next(route));
    return Stream.concat(
            first.stream(), open.stream().filter(leg -> !leg.equals(first.orElse(null))))
        .toList();
  }

  /// What the replica is told: nothing that a client could use to pass for the gateway, and none of
  /// the client's credentials.
  private static Map<String, String> upstreamHeaders(HttpExchange exchange) {
    Map<String, String> headers = new TreeMap<>();
    for (String name : PASSED) {
      exchange
          .header(name)
          .filter(value -> PRINTABLE.matcher(value).matches())
          .ifPresent(value -> headers.put(name, value));
    }
    headers.putIfAbsent("content-type", "application/json");
    headers.put("x-request-id", exchange.requestId());
    headers.put(Names.METER_HEADER, "1");
    return headers;
  }

  private static void refuse(HttpExchange exchange, Booking booking, ApiError error)
      throws ClientGone, InterruptedException {
    try {
      var _ = booking.settle(Outcome.REFUSED, null, "", error.status());
      exchange.refuse(error);
    } catch (LedgerUnavailable e) {
      exchange.refuse(ApiError.unavailable(String.valueOf(e.getMessage()), "ledger_unavailable"));
    }
  }
}
