package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is remembered of the speed of a variant.
///
/// @param subject what it was learned of
/// @param at when a step was last seen
/// @param observed for how long steps were seen
/// @param usual the requests of late
/// @param kvTokens tokens that the cache of a replica holds; infinite if that was not told
/// @param steps the cost of steps
/// @param firsts what first tokens take; absent if none was seen
record SpeedMemory(
    Subject subject,
    Instant at,
    Duration observed,
    Usual usual,
    double kvTokens,
    Fit steps,
    @Nullable FirstTokenFit firsts) {
  /// Whether all figures are such as can have been seen: what was stored may be anything.
  boolean isSound() {
    return !observed.isNegative()
        && observed.compareTo(Duration.between(Instant.EPOCH, at)) <= 0
        && usual.isSound()
        && kvTokens >= 1
        && steps.isSound()
        && (firsts == null || firsts.isSound());
  }

  /// The same without what it says of single kinds of requests.
  SpeedMemory straight() {
    return firsts == null
        ? this
        : new SpeedMemory(subject, at, observed, usual, kvTokens, steps, firsts.straight());
  }

  /// Sums over requests that fade with every look at which some came.
  ///
  /// @param requests that got their first token
  /// @param prompt tokens of their prompts
  /// @param cached of those, tokens that were not computed
  /// @param generated tokens of answers
  record Usual(double requests, double prompt, double cached, double generated) {
    static final Usual NONE = new Usual(0, 0, 0, 0);
    private static final double FORGET = 0.98;
    private static final double MOST = 1e15;

    /// With what came between two looks.
    Usual plus(EngineCounters.Interval more) {
      double left = more.requests() > 0 ? FORGET : 1;
      return new Usual(
          left * requests + more.requests(),
          left * prompt + more.promptTokens(),
          left * cached + more.cachedTokens(),
          left * generated + more.generatedTokens());
    }

    private boolean isSound() {
      return isSum(requests) && isSum(prompt) && isSum(cached) && isSum(generated);
    }

    private static boolean isSum(double sum) {
      return sum >= 0 && sum <= MOST;
    }
  }
}
