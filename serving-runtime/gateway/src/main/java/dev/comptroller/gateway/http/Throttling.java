package dev.comptroller.gateway.http;

import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.route.Throttle;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Account.Feature;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Applies a namespace's tokens a minute to a request: takes what it will probably use, and
/// corrects that by what it used.
final class Throttling {
  /// Output tokens to reckon with when a request does not say.
  static final long USUAL_OUTPUT = 256;

  private static final int NO_PRIORITY = 0;

  private final Throttle throttle = new Throttle();
  private final LongSupplier nanos;

  Throttling(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// Why a request must wait; empty if it need not.
  Optional<ApiError> ask(Completions.Asked asked, Account.Traffic heat) {
    Long perMinute = heat.tokensPerMinute();
    if (perMinute == null) {
      return Optional.empty();
    }
    String namespace = asked.caller().namespace();
    List<Integer> priorities =
        Stream.concat(
                asked.payer().stream()
                    .flatMap(account -> account.features().stream())
                    .map(Feature::priority),
                Stream.of(priority(asked)))
            .distinct()
            .sorted(Comparator.reverseOrder())
            .toList();
    long output = Math.min(asked.fields().maxOutput().orElse(USUAL_OUTPUT), USUAL_OUTPUT);
    long tokens = asked.fields().guessedPrompt() + output * asked.fields().sequences();
    return switch (throttle.ask(
        namespace,
        perMinute,
        priorities.indexOf(priority(asked)),
        priorities.size(),
        tokens,
        nanos.getAsLong())) {
      case Throttle.Verdict.Taken() -> {
        asked.booking().whenUsed(used -> throttle.correct(namespace, used - tokens));
        yield Optional.empty();
      }
      case Throttle.Verdict.Wait(long seconds) ->
          Optional.of(
              MoneyRefusals.throttled(namespace, asked.caller().feature(), perMinute, seconds));
    };
  }

  private static int priority(Completions.Asked asked) {
    Optional<Account> payer = asked.payer();
    return payer
        .flatMap(account -> Accounts.terms(account, asked.caller().feature()))
        .map(Feature::priority)
        .orElse(NO_PRIORITY);
  }
}
