package dev.comptroller.gateway.http;

import dev.comptroller.gateway.defer.Deferral;
import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.TrafficClass;
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
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import io.prometheus.client.Gauge;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `POST /v1/chat/completions` and `POST /v1/completions`.
///
/// ```
/// who calls, on what feature, in what class     from the credential
/// what it calls                                 models that it does not see do not exist
/// whether money, heat and rungs let it          Admission
/// tokens a minute; a turn in the queue
/// one leg by weight; its money held             Escrow
/// to a replica and back                         Relay
/// ```
final class Completions {
  private static final List<String> PASSED =
      List.of("accept", "content-type", "traceparent", "tracestate", "user-agent");
  private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]{1,1024}");

  /// What requests are served with.
  record Tools(LiveTable table, Relay relay, Drain drain, Booking.Books books, Deferral deferral) {}

  private final Tools tools;
  private final Booking.Books books;
  private final Accounts accounts;
  private final Funding funding;
  private final Throttling throttling;
  private final Turns turns = new Turns();

  Completions(Tools tools) {
    this.tools = tools;
    this.books = tools.books();
    this.accounts = new Accounts(tools.table(), books.clock());
    this.funding = new Funding(books, accounts, tools.relay().counter());
    this.throttling = new Throttling(books.nanos());
  }

  /// A request on its way, as far as it is known.
  record Asked(
      HttpExchange exchange,
      RequestFields fields,
      Router router,
      Route route,
      Caller caller,
      TrafficClass tier,
      Booking booking) {
    Optional<Account> payer() {
      return router.account(caller.namespace());
    }
  }

  void handle(HttpExchange exchange) throws ClientGone, InterruptedException {
    if (!books.ledger().healthy()) {
      exchange.refuse(
          ApiError.unavailable(
              "usage cannot be recorded at the moment, so nothing is admitted",
              "ledger_unavailable"));
      return;
    }
    Booking booking = new Booking(books, exchange.requestId());
    if (!tools.drain().enter()) {
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
    } catch (LedgerUnavailable e) {
      exchange.refuse(ApiError.unavailable(String.valueOf(e.getMessage()), "ledger_unavailable"));
    } finally {
      booking.abandon();
      tools.drain().leave();
    }
  }

  private void admit(HttpExchange exchange, Booking booking)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Optional<ApiError> problem = exchange.problem();
    if (problem.isPresent()) {
      throw new RequestFields.Refused(problem.get());
    }
    RequestFields fields = RequestFields.read(exchange.body());
    booking.asked(fields);
    Credential credential = exchange.credential();
    String feature = Callers.feature(credential, exchange.header(Callers.FEATURE_HEADER));
    TrafficClass tier = Callers.tier(credential, fields.tier());
    Router router = router();
    Route route = resolve(router, fields.model(), credential, feature);
    Caller caller = Callers.of(credential, feature, route);
    booking.routed(route, caller, accounts.feature(router, caller));
    Asked asked = new Asked(exchange, fields, router, route, caller, tier, booking);
    Instant now = books.clock().instant();
    switch (Admission.of(route, asked.payer(), feature, now)) {
      case Admission.NotReady(_, String message) ->
          throw new RequestFields.Refused(ApiError.unavailable(message, "deployment_not_ready"));
      case Admission.NotFunded(String message, Instant until) ->
          throw denied(caller, MoneyRefusals.quota(message, until, now));
      case Admission.VariantUnavailable(String message) ->
          throw denied(caller, MoneyRefusals.variant(message));
      case Admission.Admitted admitted -> {
        admitted
            .would()
            .forEach(
                action -> books.metrics().wouldRefuse(caller.namespace(), Funding.word(action)));
        admitted(asked, admitted);
      }
    }
  }

  private void admitted(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Optional<ApiError> throttled = throttling.ask(asked, terms);
    if (throttled.isPresent() && terms.observe()) {
      books
          .metrics()
          .wouldRefuse(asked.caller().namespace(), Funding.word(Admission.Action.THROTTLE));
    } else if (throttled.isPresent()) {
      throw denied(asked.caller(), throttled.get());
    }
    boolean waits = terms.waits() || asked.tier() != TrafficClass.INTERACTIVE;
    switch (waits ? waited(asked) : new Deferral.Waited.NotQueued()) {
      case Deferral.Waited.NotQueued() -> serve(asked, terms);
      case Deferral.Waited.TooLate(String message, long seconds) ->
          throw denied(asked.caller(), MoneyRefusals.tooLate(message, seconds));
      case Deferral.Waited.Turn(Deferral.Slot slot) -> {
        try (slot) {
          asked.booking().deferred(TrafficClass.BATCH, slot.tariffPercent(), slot.why());
          serve(asked, terms);
        }
      }
    }
  }

  private Deferral.Waited waited(Asked asked) throws InterruptedException {
    RequestFields fields = asked.fields();
    return tools
        .deferral()
        .await(
            new Deferral.Waiting(
                asked.exchange().requestId(),
                asked.caller(),
                asked.route(),
                asked.tier(),
                fields.guessedPrompt() + fields.maxOutput().orElse(Throttling.USUAL_OUTPUT),
                () -> asked.exchange().cancellation().clientGone()));
  }

  private void serve(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    RequestFields fields = asked.fields();
    HttpExchange exchange = asked.exchange();
    Booking booking = asked.booking();
    Route route = asked.route();
    List<Leg> legs = legs(route, terms.legs());
    Funding.Funded funded = funding.open(asked, terms, legs.getFirst());
    AnswerMeter meter = new AnswerMeter(funded.inputTokens());
    booking.metered(meter);
    Call call =
        new Call(
            route,
            legs,
            exchange.path(),
            upstreamHeaders(exchange, booking.isBatch()),
            funded.body(),
            fields.stream(),
            fields.includeUsage(),
            Math.max(1, fields.choices()),
            servedTier(asked),
            meter,
            booking.startNanos());
    Gauge.Child inFlight = books.metrics().inFlight(route.namespace(), route.deployment());
    inFlight.inc();
    try {
      tools.relay().serve(call, exchange, exchange.cancellation(), booking);
    } finally {
      inFlight.dec();
    }
  }

  /// The tier that an answer names, where another one than the usual was asked for.
  private static @Nullable String servedTier(Asked asked) {
    if (asked.tier() == TrafficClass.INTERACTIVE) {
      return null;
    }
    return asked.booking().isBatch() ? asked.tier().word() : "default";
  }

  private Router router() throws RequestFields.Refused {
    return tools
        .table()
        .current()
        .orElseThrow(
            () ->
                new RequestFields.Refused(
                    ApiError.unavailable(
                        "this gateway has no routing table yet", "no_routing_table")))
        .router();
  }

  private static Route resolve(Router router, String model, Credential credential, String feature)
      throws RequestFields.Refused {
    return switch (Callers.resolve(router, model, credential, List.of(feature))) {
      case Resolution.Found(Route route) -> route;
      case Resolution.Unknown(String name) ->
          throw new RequestFields.Refused(Models.notFound(name));
      case Resolution.Ambiguous(String name, List<String> candidates) ->
          throw new RequestFields.Refused(Models.ambiguous(name, candidates));
    };
  }

  /// The leg whose turn it is, then those others that are not dearer, best first: what is tried
  /// when the first one fails never costs the client more.
  private List<Leg> legs(Route route, List<Leg> open) {
    Leg first = Legs.pick(open, turns.next(route)).orElseGet(open::getFirst);
    return Stream.concat(
            Stream.of(first),
            open.stream()
                .filter(leg -> !leg.equals(first))
                .filter(leg -> notDearer(leg.postedPrice(), first.postedPrice())))
        .toList();
  }

  private static boolean notDearer(@Nullable PostedPrice price, @Nullable PostedPrice than) {
    if (price == null || than == null) {
      return price == null && than == null;
    }
    return price.inputMicros() <= than.inputMicros()
        && price.cachedInputMicros() <= than.cachedInputMicros()
        && price.outputMicros() <= than.outputMicros();
  }

  /// What the replica is told: nothing that a client could use to pass for the gateway, and none of
  /// the client's credentials.
  private static Map<String, String> upstreamHeaders(HttpExchange exchange, boolean batch) {
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
    if (batch) {
      headers.put(Names.CLASS_HEADER, TrafficClass.BATCH.word());
    }
    return headers;
  }

  private RequestFields.Refused denied(Caller caller, ApiError error) {
    books.metrics().denied(caller.namespace(), String.valueOf(error.code()));
    return new RequestFields.Refused(error);
  }

  private static void refuse(HttpExchange exchange, Booking booking, ApiError error)
      throws ClientGone, InterruptedException {
    try {
      Map<String, String> headers = new TreeMap<>(booking.answerHeaders(null));
      headers.putAll(booking.settle(Outcome.REFUSED, null, "", error.status()).headers());
      exchange.respond(error.status(), error.headersWith(headers), error.body());
    } catch (LedgerUnavailable e) {
      exchange.refuse(ApiError.unavailable(String.valueOf(e.getMessage()), "ledger_unavailable"));
    }
  }
}
