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
import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.relay.ClientGone;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.relay.Tried;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.route.Turns;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.wake.WakeLine;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.Route.Wake;
import io.prometheus.client.Gauge;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// `POST /v1/chat/completions` and `POST /v1/completions`.
///
/// ```
/// who calls, on what feature, in what class     from the credential
/// what it calls                                 models that it does not see do not exist
/// whether money, heat and rungs let it          Admission
/// tokens a minute; a turn in the queue
/// nothing ready, but a replica can be had       WakeLine; then all of it but the turn again
/// one leg by weight; its money held             Escrow
/// to a replica and back                         Relay
/// its replicas leave, or are gone               the same again under the next table, for a while
/// ```
final class Completions implements Wakening.Desk {
  private static final List<String> PASSED =
      List.of("accept", "content-type", "traceparent", "tracestate", "user-agent");

  /// How often a request that no replica could take looks for others.
  private static final Duration LOOK = Duration.ofMillis(20);

  private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]{1,1024}");

  /// What requests are served with.
  record Tools(
      LiveTable table,
      Relay relay,
      Drain drain,
      Booking.Books books,
      Deferral deferral,
      WakeLine line) {}

  private final Tools tools;
  private final Booking.Books books;
  private final Accounts accounts;
  private final Funding funding;
  private final Throttling throttling;
  private final Wakening wakening;
  private final Turns turns = new Turns();

  Completions(Tools tools) {
    this.tools = tools;
    this.books = tools.books();
    this.accounts = new Accounts(tools.table(), books.clock());
    this.funding = new Funding(books, accounts, tools.relay().counter());
    this.throttling = new Throttling(books.nanos());
    this.wakening = new Wakening(tools.line(), books, this);
  }

  /// What is known of a request without the routing table.
  record Arrival(
      HttpExchange exchange,
      RequestFields fields,
      Credential credential,
      String feature,
      TrafficClass tier,
      Booking booking) {}

  /// A request on its way, as a routing table has it.
  record Asked(Arrival arrival, Router router, Route route, Caller caller) {
    HttpExchange exchange() {
      return arrival.exchange();
    }

    RequestFields fields() {
      return arrival.fields();
    }

    TrafficClass tier() {
      return arrival.tier();
    }

    Booking booking() {
      return arrival.booking();
    }

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
    Asked asked = resolved(new Arrival(exchange, fields, credential, feature, tier, booking));
    booked(asked);
    mayWait(asked);
    Admission verdict = judge(asked);
    switch (verdict) {
      case Admission.NotReady _, Admission.NotFunded _, Admission.VariantUnavailable _ ->
          throw refusal(asked, verdict);
      case Admission.Awaited awaited -> {
        observed(asked, awaited.would());
        funding.afford(asked);
        throttle(asked, awaited.heat(), awaited.observe());
        requested(asked, () -> awaited(asked, awaited.wake()));
      }
      case Admission.Admitted admitted -> {
        observed(asked, admitted.would());
        throttle(asked, admitted.heat(), admitted.observe());
        requested(asked, () -> admitted(asked, admitted));
      }
    }
  }

  /// Refuses deferred work of a feature that may not send any.
  private void mayWait(Asked asked) throws RequestFields.Refused {
    Optional<Account> payer = asked.payer();
    Optional<String> barred =
        asked.tier() == TrafficClass.INTERACTIVE
            ? Optional.empty()
            : payer.flatMap(
                account -> Admission.notBatchEligible(account, asked.caller().feature()));
    if (barred.isPresent() && payer.filter(Account::observe).isPresent()) {
      observed(asked, List.of(Admission.Action.BATCH));
    } else if (barred.isPresent()) {
      throw denied(asked.caller(), ApiError.batchNotAllowed(barred.get(), "service_tier"));
    }
  }

  private void observed(Asked asked, List<Admission.Action> would) {
    would.forEach(
        action -> books.metrics().wouldRefuse(asked.caller().namespace(), Funding.word(action)));
  }

  private void throttle(Asked asked, Account.Traffic heat, boolean observe)
      throws RequestFields.Refused {
    Optional<ApiError> throttled = throttling.ask(asked, heat);
    if (throttled.isPresent() && observe) {
      books
          .metrics()
          .wouldRefuse(asked.caller().namespace(), Funding.word(Admission.Action.THROTTLE));
    } else if (throttled.isPresent()) {
      throw denied(asked.caller(), throttled.get());
    }
  }

  /// The rest of a request's way.
  private interface Rest {
    void run() throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException;
  }

  /// Notes that a deployment is asked, until the answer has ended.
  private void requested(Asked asked, Rest rest)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Route route = asked.route();
    Instant came = books.clock().instant();
    books.metrics().requested(route.namespace(), route.deployment(), came);
    if (asked.tier() == TrafficClass.INTERACTIVE) {
      books.metrics().arrived(route.namespace(), route.deployment(), came);
    }
    try {
      rest.run();
    } finally {
      books.metrics().requested(route.namespace(), route.deployment(), books.clock().instant());
    }
  }

  /// Waits for the first replica, then goes on.
  private void awaited(Asked asked, Wake wake)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    if (asked.tier() == TrafficClass.INTERACTIVE) {
      inLine(asked, wake);
      return;
    }
    long begun = books.nanos().getAsLong();
    Deferral.Waited waited;
    try (WakeLine.Room _ = wakening.enter(asked, wake)) {
      waited = waited(asked, Duration.ofMillis(wake.holdMillis()));
    }
    switch (waited) {
      case Deferral.Waited.NotQueued() -> inLine(asked, wake);
      case Deferral.Waited.TooLate(String message, long seconds) -> {
        wakening.deferred(asked, false, begun);
        throw judge(current(asked)) instanceof Admission.Admitted
            ? denied(asked.caller(), MoneyRefusals.tooLate(message, seconds))
            : wakening.late(asked, begun);
      }
      case Deferral.Waited.Turn(Deferral.Slot slot) -> {
        try (slot) {
          wakening.deferred(asked, true, begun);
          Asked now = wakening.taken(asked, begun);
          Admission verdict = judge(now);
          if (!(verdict instanceof Admission.Admitted terms)) {
            throw refusal(now, verdict);
          }
          now.booking().deferred(TrafficClass.BATCH, slot.tariffPercent(), slot.why());
          serve(now, terms);
        }
      }
    }
  }

  private void inLine(Asked asked, Wake wake)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Optional<Wakening.Woken> woken = wakening.await(asked, wake);
    if (woken.isPresent()) {
      try (WakeLine.Ticket ticket = woken.get().ticket()) {
        if (woken.get().terms().waits()) {
          ticket.release();
          deferred(woken.get().asked(), woken.get().terms());
        } else {
          serve(woken.get().asked(), woken.get().terms());
        }
      }
    }
  }

  private void admitted(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Wake wake = asked.route().wake();
    if (terms.waits() || asked.tier() != TrafficClass.INTERACTIVE) {
      deferred(asked, terms);
    } else if (wake != null && wakening.othersWait(asked)) {
      inLine(asked, wake);
    } else {
      serve(asked, terms);
    }
  }

  private void deferred(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    switch (waited(asked, null)) {
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

  private Deferral.Waited waited(Asked asked, @Nullable Duration most) throws InterruptedException {
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
                most,
                () -> asked.exchange().cancellation().clientGone()));
  }

  @Override
  public Asked current(Asked asked) throws RequestFields.Refused {
    return resolved(asked.arrival());
  }

  @Override
  public Asked take(Asked asked) throws RequestFields.Refused {
    Asked now = current(asked);
    booked(now);
    return now;
  }

  @Override
  public Admission judge(Asked asked) {
    Instant now = books.clock().instant();
    Route route = asked.route();
    Admission verdict = Admission.of(route, asked.payer(), asked.caller().feature(), now);
    boolean paid =
        asked
            .router()
            .account(route.namespace())
            .filter(owner -> !Admission.funded(owner, now))
            .isEmpty();
    return verdict instanceof Admission.Awaited && !paid ? Admission.notReady(route) : verdict;
  }

  @Override
  public RequestFields.Refused refusal(Asked asked, Admission admission) {
    return switch (admission) {
      case Admission.NotReady(_, String message) ->
          new RequestFields.Refused(ApiError.unavailable(message, "deployment_not_ready"));
      case Admission.NotFunded(String message, Instant until) ->
          denied(asked.caller(), MoneyRefusals.quota(message, until, books.clock().instant()));
      case Admission.VariantUnavailable(String message) ->
          denied(asked.caller(), MoneyRefusals.variant(message));
      case Admission.Awaited awaited ->
          new RequestFields.Refused(
              ApiError.unavailable(awaited.message(), "deployment_not_ready"));
      case Admission.Admitted _ ->
          throw new IllegalArgumentException("a request that may run is not refused");
    };
  }

  private Asked resolved(Arrival arrival) throws RequestFields.Refused {
    Router router = router();
    Route route =
        resolve(router, arrival.fields().model(), arrival.credential(), arrival.feature());
    return new Asked(
        arrival, router, route, Callers.of(arrival.credential(), arrival.feature(), route));
  }

  private void booked(Asked asked) {
    asked
        .booking()
        .routed(
            asked.route(),
            asked.caller(),
            accounts.feature(asked.router(), asked.caller()),
            asked.payer());
  }

  private void serve(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    Tried tried = new Tried();
    long version = version();
    Call call = call(asked, terms);
    if (!offer(asked, call, tried)) {
      elsewhere(asked, call, tried, version);
    }
  }

  /// Goes on with a request that no replica could take: they leave or are gone, and the table that
  /// says so is on its way. No money is held until another one offers a replica; for the first one
  /// of a deployment without any it waits in line.
  private void elsewhere(Asked first, Call refused, Tried tried, long seen)
      throws RequestFields.Refused, ClientGone, LedgerUnavailable, InterruptedException {
    long begun = books.nanos().getAsLong();
    long most = tools.relay().patience().elsewhere().toNanos();
    long version = seen;
    Call call = refused;
    Asked asked = first;
    do {
      asked.booking().letGo();
      if (version() != version) {
        version = version();
        tried.forgetUnreached();
      }
      Asked now = current(asked);
      asked = now;
      switch (noDearer(now.route(), judge(now), refused.legs().getFirst())) {
        case Admission.Awaited awaited when !now.booking().isBatch() -> {
          booked(now);
          inLine(now, awaited.wake());
          return;
        }
        case Admission.Admitted terms when tried.leaves(terms.legs()) -> {
          booked(now);
          now.booking().waited((books.nanos().getAsLong() - begun) / 1_000_000);
          call = call(now, terms);
          if (offer(now, call, tried)) {
            return;
          }
        }
        case Admission.Awaited _, Admission.Admitted _, Admission.NotReady _ -> {}
        case Admission.NotFunded verdict -> throw refusal(now, verdict);
        case Admission.VariantUnavailable verdict -> throw refusal(now, verdict);
      }
    } while (paused(asked.exchange().cancellation()) && books.nanos().getAsLong() - begun < most);
    HttpExchange exchange = asked.exchange();
    tools.relay().giveUp(call, exchange, exchange.cancellation(), asked.booking(), tried);
  }

  /// Waits a moment; false if the request is cancelled, or the gateway is leaving.
  private boolean paused(Cancellation cancellation) throws InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    cancellation.stopWith(over::countDown);
    return !over.await(LOOK.toMillis(), TimeUnit.MILLISECONDS) && !tools.drain().leaving();
  }

  private long version() {
    return tools.table().current().map(LiveTable.InForce::version).orElse(0L);
  }

  private Call call(Asked asked, Admission.Admitted terms)
      throws RequestFields.Refused, LedgerUnavailable, InterruptedException {
    RequestFields fields = asked.fields();
    HttpExchange exchange = asked.exchange();
    Booking booking = asked.booking();
    Route route = asked.route();
    List<Leg> legs = legs(route, terms.legs());
    Funding.Funded funded = funding.open(asked, terms, legs.getFirst());
    AnswerMeter meter = new AnswerMeter(funded.inputTokens());
    booking.metered(meter);
    return new Call(
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
  }

  /// Whether some replica took a request, so that it has ended.
  private boolean offer(Asked asked, Call call, Tried tried) throws InterruptedException {
    HttpExchange exchange = asked.exchange();
    Route route = asked.route();
    Gauge.Child inFlight = books.metrics().inFlight(route.namespace(), route.deployment());
    inFlight.inc();
    try {
      return tools.relay().offer(call, exchange, exchange.cancellation(), asked.booking(), tried);
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
  /// when the first one fails never costs the client more, unless `pricierFallback`; then those
  /// come last.
  private List<Leg> legs(Route route, List<Leg> open) {
    Leg first = Legs.pick(open, turns.next(route)).orElseGet(open::getFirst);
    Map<Boolean, List<Leg>> others =
        open.stream()
            .filter(leg -> !leg.equals(first))
            .collect(
                Collectors.partitioningBy(
                    leg -> notDearer(leg.postedPrice(), first.postedPrice())));
    List<Leg> legs = new ArrayList<>(List.of(first));
    legs.addAll(others.getOrDefault(true, List.of()));
    legs.addAll(route.pricierFallback() ? others.getOrDefault(false, List.of()) : List.of());
    return legs;
  }

  /// The verdict on a request that `wanted` could not take: while its variant still serves, only
  /// with legs that are not dearer than that, unless `pricierFallback`.
  private static Admission noDearer(Route route, Admission verdict, Leg wanted) {
    if (!(verdict instanceof Admission.Admitted terms) || route.pricierFallback()) {
      return verdict;
    }
    Optional<Leg> serves =
        terms.legs().stream().filter(leg -> leg.variant().equals(wanted.variant())).findFirst();
    return serves.isEmpty()
        ? verdict
        : terms.with(
            terms.legs().stream()
                .filter(
                    leg ->
                        leg.equals(serves.get())
                            || notDearer(leg.postedPrice(), serves.get().postedPrice()))
                .toList());
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
