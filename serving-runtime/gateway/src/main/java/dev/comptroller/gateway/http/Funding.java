package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Refused;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.gateway.money.Escrow;
import dev.comptroller.gateway.money.Growth;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.money.Terms;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.InputCounter;
import dev.comptroller.gateway.relay.InputLimit;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Admission.Action;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Hold;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// Holds a request's money and caps its output: by the owner's limit, by heat, and by what is left.
final class Funding {
  private static final Logger LOG = System.getLogger(Funding.class.getName());

  /// Output tokens of an answer in one piece, or held in full, whose request sets no limit: without
  /// one it would hold all that is left.
  static final long MOST_UNASKED = 4_096;

  /// No context is longer.
  private static final long MOST = 10_000_000;

  private static final int WHOLE = 100;

  /// `max_tokens` of the old text endpoint when a request sets none.
  private static final long TEXT_DEFAULT = 16;

  private static final Pattern GOOD_KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");

  /// A price for what has none and is counted on nothing that has a limit.
  static final PostedPrice UNPRICED = new PostedPrice(0, "None", 0, 0, 0);

  /// What goes to the replica.
  ///
  /// @param inputTokens of it, counted or guessed
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Funded(byte[] body, long inputTokens) {}

  private final Booking.Books books;
  private final Accounts accounts;
  private final InputCounter counter;
  private final Growth growth = new Growth();

  Funding(Booking.Books books, Accounts accounts, InputCounter counter) {
    this.books = books;
    this.accounts = accounts;
    this.counter = counter;
  }

  /// The word of an action in metrics.
  static String word(Action action) {
    return action.name().toLowerCase(Locale.ROOT);
  }

  /// Refuses an input that is too long, caps a request's output and holds its money at the price of
  /// a leg.
  Funded open(Completions.Asked asked, Admission.Admitted terms, Leg leg)
      throws RequestFields.Refused, LedgerUnavailable, InterruptedException {
    RequestFields fields = asked.fields();
    byte[] body = asked.exchange().body();
    long wanted = wanted(asked);
    Long cap = terms.maxOutputTokens();
    Long heat = terms.heat().maxOutputTokens();
    if (heat != null && heat < wanted && (cap == null || heat < cap)) {
      if (terms.observe()) {
        books.metrics().wouldRefuse(asked.caller().namespace(), word(Action.CAP));
      } else {
        cap = heat;
      }
    }
    long output = cap == null ? wanted : Math.min(wanted, cap);
    String why = output < wanted ? capReason(asked, output) : "";
    Optional<String> key = key(asked.exchange());
    Supplier<List<Bound>> bounds = accounts.of(asked.caller(), asked.route());
    List<Bound> now = bounds.get();
    OptionalLong counted = input(asked, leg, now);
    long input = counted.orElse(fields.guessedPrompt());
    if (key.isPresent() || !now.isEmpty()) {
      long held = hold(asked, terms(asked, key, bounds, counted, output), leg, now);
      if (held < output) {
        output = held;
        why = output < wanted && wanted < MOST ? "output is capped by what is left" : why;
      }
    }
    if (output >= wanted) {
      return new Funded(body, input);
    }
    asked.booking().capped(output, why);
    return new Funded(fields.capped(body, output), input);
  }

  /// Refuses what could not run even if a replica were there: it must not wait for one.
  void afford(Completions.Asked asked)
      throws RequestFields.Refused, LedgerUnavailable, InterruptedException {
    var _ = key(asked.exchange());
    Route route = asked.route();
    long input = InputLimit.atLeast(asked.fields().guessedPrompt());
    Optional<ApiError> tooLong = InputLimit.exceeded(route, asked.exchange().path(), input, false);
    if (tooLong.isPresent()) {
      throw new RequestFields.Refused(tooLong.get());
    }
    int tariff = asked.tier() == TrafficClass.INTERACTIVE ? WHOLE : route.batch().tariffPercent();
    long least =
        Legs.weighted(route.legs()).stream()
            .map(Leg::postedPrice)
            .filter(Objects::nonNull)
            .mapToLong(price -> new Cost(price, tariff).worst(input, asked.fields().sequences()))
            .min()
            .orElse(0);
    for (Bound bound : accounts.of(asked.caller(), route).get()) {
      Optional<Refused> refused = left(bound, Math.max(1, least));
      if (refused.isPresent()) {
        throw refused(asked, new Opened.TooLittle(refused.get()));
      }
    }
  }

  private Optional<Refused> left(Bound bound, long least) throws LedgerUnavailable {
    Long limit = bound.limitMicros();
    if (limit == null) {
      return Optional.empty();
    }
    try {
      Standing standing = books.ledger().standing(bound.account());
      return standing.leftOf(limit) >= least
          ? Optional.empty()
          : Optional.of(
              new Refused(
                  bound.account(), limit, standing.spentMicros(), standing.heldMicros(), least));
    } catch (SQLException e) {
      throw new LedgerUnavailable("what an account has left cannot be read: " + e.getMessage());
    }
  }

  private RequestFields.Refused refused(Completions.Asked asked, Opened opened) {
    ApiError error =
        MoneyRefusals.of(opened, asked.caller(), asked.router(), books.clock().instant());
    books.metrics().denied(asked.caller().namespace(), String.valueOf(error.code()));
    return new RequestFields.Refused(error);
  }

  /// The input's exact number of tokens, asked for where money or the owner's limit depends on it.
  private OptionalLong input(Completions.Asked asked, Leg leg, List<Bound> bounds)
      throws RequestFields.Refused, InterruptedException {
    Long most = asked.route().limits().maxInputTokens();
    byte[] body = asked.exchange().body();
    boolean limited = bounds.stream().anyMatch(bound -> bound.limitMicros() != null);
    OptionalLong counted =
        limited || (most != null && InputLimit.bound(body) > most)
            ? counter.count(leg, body, asked.exchange().cancellation())
            : OptionalLong.empty();
    long least = counted.orElse(InputLimit.atLeast(asked.fields().guessedPrompt()));
    Optional<ApiError> tooLong =
        InputLimit.exceeded(asked.route(), asked.exchange().path(), least, counted.isPresent());
    if (tooLong.isPresent()) {
      throw new RequestFields.Refused(tooLong.get());
    }
    return counted;
  }

  private long hold(Completions.Asked asked, Terms terms, Leg leg, List<Bound> bounds)
      throws RequestFields.Refused, LedgerUnavailable, InterruptedException {
    Escrow escrow = new Escrow(books.ledger(), terms, growth, books.nanos());
    PostedPrice price = leg.postedPrice();
    if (price == null && bounds.stream().allMatch(bound -> bound.limitMicros() == null)) {
      price = UNPRICED;
    }
    Opened opened = escrow.open(price, asked.booking().tariffPercent());
    if (!(opened instanceof Opened.Open(long output))) {
      throw refused(asked, opened);
    }
    asked.booking().holds(escrow);
    watch(asked);
    return output;
  }

  /// Counts a request that a budget in observe mode would have refused for its feature's amount.
  private void watch(Completions.Asked asked) {
    Optional<Account> watched = asked.payer().filter(Account::observe);
    Long amount =
        watched
            .flatMap(account -> Accounts.terms(account, asked.caller().feature()))
            .map(Account.Feature::amountMicros)
            .orElse(null);
    if (amount == null) {
      return;
    }
    try {
      Standing standing =
          books.ledger().standing(accounts.feature(asked.router(), asked.caller()).orElseThrow());
      if (standing.spentMicros() + standing.heldMicros() > amount) {
        books.metrics().wouldRefuse(asked.caller().namespace(), word(Action.AMOUNT));
      }
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "what a feature has spent cannot be read: {0}", e.getMessage());
    }
  }

  private static Terms terms(
      Completions.Asked asked,
      Optional<String> key,
      Supplier<List<Bound>> bounds,
      OptionalLong input,
      long output) {
    RequestFields fields = asked.fields();
    Route.Holds holds = asked.route().holds();
    boolean full = (asked.booking().isBatch() ? holds.batch() : holds.interactive()) == Hold.Full;
    boolean whole = full || !fields.stream();
    Caller caller = asked.caller();
    return new Terms(
        key.map(own -> "key/" + caller.namespace() + "/" + own)
            .orElseGet(() -> "req/" + UUID.randomUUID()),
        fingerprint(asked),
        bounds,
        whole,
        !full,
        input.orElse(InputLimit.bound(asked.exchange().body())),
        whole && output == MOST ? MOST_UNASKED : output,
        fields.sequences());
  }

  /// The most output of each answer that a request asks for; [#MOST] if it sets no limit.
  private static long wanted(Completions.Asked asked) {
    OptionalLong said = asked.fields().maxOutput();
    if (said.isPresent()) {
      return Math.min(said.getAsLong(), MOST);
    }
    return asked.exchange().path().endsWith("/chat/completions") ? MOST : TEXT_DEFAULT;
  }

  private static String capReason(Completions.Asked asked, long output) {
    Optional<Account> payer = asked.payer();
    Long byHeat = payer.map(account -> account.traffic().maxOutputTokens()).orElse(null);
    return byHeat != null && byHeat == output
        ? payer.map(account -> account.traffic().why()).orElse("")
        : "limits.maxOutputTokens of the deployment";
  }

  private static Optional<String> key(HttpExchange exchange) throws RequestFields.Refused {
    Optional<String> key = exchange.header("idempotency-key");
    if (key.isPresent() && !GOOD_KEY.matcher(key.get()).matches()) {
      throw new RequestFields.Refused(
          ApiError.badRequest(
              "Idempotency-Key must be 1 to 255 printable characters without spaces",
              null,
              "invalid_request"));
    }
    return key;
  }

  private static String fingerprint(Completions.Asked asked) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(
          (asked.exchange().path() + "\n" + asked.caller().feature() + "\n")
              .getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(asked.exchange().body()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
