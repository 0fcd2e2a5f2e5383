package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Refused;
import dev.comptroller.gateway.meter.Charge;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.route.Router;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a client is told when money stands in its way: when that ends, and what still works.
final class MoneyRefusals {
  private static final String SOON = "2";
  private static final String DECIDED_ANEW = "60";

  /// Seconds until more may be allotted.
  private static final String ALLOTTED = "30";

  private MoneyRefusals() {}

  /// Nothing more is paid for until an instant.
  static ApiError quota(String message, @Nullable Instant until, Instant now) {
    Map<String, String> headers = new TreeMap<>();
    headers.put("x-should-retry", "false");
    if (until != null) {
      headers.put(
          "retry-after", Long.toString(Math.max(1, Duration.between(now, until).toSeconds())));
    }
    return new ApiError(429, message, "insufficient_quota", null, "insufficient_quota", headers);
  }

  /// Tokens are short for a while.
  static ApiError throttled(String namespace, String feature, long perMinute, long seconds) {
    return new ApiError(
        429,
        "namespace %s is throttled to %d tokens a minute, shared by priority; feature %s gets its next in %d s"
            .formatted(namespace, perMinute, feature, seconds),
        "rate_limit_error",
        null,
        "rate_limit_exceeded",
        Map.of("retry-after", Long.toString(seconds)));
  }

  /// Only lower rungs serve. Nobody knows for how long; it is decided anew every minute.
  static ApiError variant(String message) {
    return new ApiError(
        429,
        message,
        "insufficient_quota",
        null,
        "variant_unavailable",
        Map.of("x-should-retry", "false", "retry-after", DECIDED_ANEW));
  }

  /// A wait in the queue came to nothing.
  static ApiError tooLate(String message, long seconds) {
    return new ApiError(
        429,
        message,
        "rate_limit_error",
        null,
        "resource_unavailable",
        Map.of("retry-after", Long.toString(Math.max(1, seconds))));
  }

  /// Why a request was not opened.
  static ApiError of(Opened opened, Caller caller, Router router, Instant now) {
    return switch (opened) {
      case Opened.Open _ -> throw new IllegalArgumentException("an open request is not refused");
      case Opened.TooLittle(Refused refused) -> shortOf(refused, caller, router, now);
      case Opened.Running() ->
          new ApiError(
              409,
              "a request with this Idempotency-Key still runs",
              "invalid_request_error",
              null,
              "idempotency_key_in_use",
              Map.of("retry-after", SOON));
      case Opened.Done(long charged) ->
          new ApiError(
              409,
              "the request with this Idempotency-Key ran and was charged $%s; answers are not kept, so send another key to run it again"
                  .formatted(Charge.dollars(charged)),
              "invalid_request_error",
              null,
              "idempotency_key_done",
              Map.of("x-should-retry", "false", "x-comptroller-cost", Charge.dollars(charged)));
      case Opened.Conflict() ->
          new ApiError(
              422,
              "this Idempotency-Key belongs to a request with another body",
              "invalid_request_error",
              null,
              "idempotency_key_reused",
              Map.of("x-should-retry", "false"));
      case Opened.Unpriced() ->
          ApiError.unavailable(
              "feature %s has a limit and the model has no posted price yet, so nothing can be held"
                  .formatted(caller.feature()),
              "price_unavailable");
    };
  }

  private static ApiError shortOf(Refused refused, Caller caller, Router router, Instant now) {
    String numbers =
        "$%s of its $%s is spent and $%s held by running requests; there is no room for $%s, what this one needs and they still may"
            .formatted(
                Charge.dollars(refused.spentMicros()),
                Charge.dollars(refused.limitMicros()),
                Charge.dollars(refused.heldMicros()),
                Charge.dollars(refused.askedMicros()));
    String who;
    Instant end;
    switch (refused.account()) {
      case Account.Grant(_, String provider, Instant hour) -> {
        who = "the grant of %s to namespace %s".formatted(provider, caller.namespace());
        end = hour.plus(1, ChronoUnit.HOURS);
      }
      case Account.Abroad _ -> {
        return abroad(refused, caller, router, now);
      }
      case Account.Feature _, Account.TrueUp _ -> {
        who = "feature %s of namespace %s".formatted(caller.feature(), caller.namespace());
        end = periodEnd(caller, router, now);
      }
    }
    String message =
        "%s: %s; it begins anew at %s; %s".formatted(who, numbers, end, others(caller, router));
    boolean heldUp = refused.spentMicros() + refused.askedMicros() <= refused.limitMicros();
    return heldUp ? again(message, SOON) : quota(message, end, now);
  }

  /// What others may charge comes in slices, as long as the budget has anything left: the next one
  /// may be there soon.
  private static ApiError abroad(Refused refused, Caller caller, Router router, Instant now) {
    String message =
        "namespace %s may be charged $%s by other namespaces for now, of which $%s is spent and $%s held by running requests; there is no room for $%s, what this one needs and they still may; more is allotted within a minute while its budget has money left, and it begins anew at %s; models of namespace %s itself still answer"
            .formatted(
                caller.namespace(),
                Charge.dollars(refused.limitMicros()),
                Charge.dollars(refused.spentMicros()),
                Charge.dollars(refused.heldMicros()),
                Charge.dollars(refused.askedMicros()),
                periodEnd(caller, router, now),
                caller.namespace());
    return again(message, ALLOTTED);
  }

  /// There may be room in so many seconds.
  private static ApiError again(String message, String seconds) {
    return new ApiError(
        429,
        message,
        "insufficient_quota",
        null,
        "insufficient_quota",
        Map.of("retry-after", seconds, "x-should-retry", "true"));
  }

  private static Instant periodEnd(Caller caller, Router router, Instant now) {
    return router
        .account(caller.namespace())
        .map(dev.comptroller.protocol.routing.Account::periodEnd)
        .orElse(now);
  }

  private static String others(Caller caller, Router router) {
    String names =
        router.account(caller.namespace()).stream()
            .flatMap(account -> account.features().stream())
            .map(dev.comptroller.protocol.routing.Account.Feature::name)
            .filter(name -> !name.equals(caller.feature()))
            .collect(Collectors.joining(", "));
    return names.isEmpty()
        ? "shorter requests may still be served"
        : "shorter requests and the features " + names + " have money of their own";
  }
}
