package dev.comptroller.decide.capacity;

import java.util.Optional;

/// The largest rate of requests that one replica serves within what is promised.
///
/// 1. While n requests are served, a step takes `T(n)` ([StepCost]), the prompt of a new one what
///    [FirstTokenCurve] says (or its tokens' share of steps), and an answer `output * T(n)`: so
///    requests leave at `mu(n) = n / (first(n) + output * T(n))`.
/// 2. Requests arrive at random at a rate. The number of them in the replica is a birth-death
///    chain:
///    `p[n+1] = p[n] * rate / mu(n+1)`, at most N served and a queue of [#QUEUE] * N behind; N is
///    the least of the sequences, the cache, and what a step can carry.
/// 3. A request that finds n < N starts at once; one that finds n >= N waits until n - N + 1 have
///    left, an Erlang sum with `mu(N)`, taken as normal. Its time per token is `T(n)` of the state
///    it
///    finds. Attainment is the part of requests, by that chain, that keeps both promises; a request
///    that finds the queue full keeps none.
/// 4. Attainment falls as the rate grows, so the largest rate is found by halving.
/// 5. Replicas that share what comes keep fewer places free, each, than one alone: how many follows
///    from the same chain for [#SHARED] of them.
///
/// Everything is decided by the chain's whole distribution, so the tail counts, not the mean.
public final class Sizing {
  /// Places of the queue for each one served.
  public static final int QUEUE = 10;

  /// Replicas that are looked at together, to see what is gained by sharing.
  static final int SHARED = 4;

  /// The growth of what is kept free where nothing is known of it: that of a sum of chances.
  public static final double ROOT = 0.5;

  private static final int ROUNDS = 50;

  /// A replica is never planned fuller than this part of what it could carry for ever.
  private static final double MOST = 0.98;

  private Sizing() {}

  /// What bounds a replica.
  ///
  /// @param maxSequences sequences at once, 1 or more
  /// @param maxBatchedTokens tokens of a step, 1 or more
  /// @param kvTokens tokens that the cache holds; infinite if that is not known
  public record Limits(int maxSequences, double maxBatchedTokens, double kvTokens) {
    public Limits {
      if (maxSequences < 1 || !(maxBatchedTokens >= 1) || !(kvTokens >= 1)) {
        throw new IllegalArgumentException(
            "limits of %d sequences, %s batched tokens and %s tokens of cache: need 1 or more"
                .formatted(maxSequences, maxBatchedTokens, kvTokens));
      }
    }
  }

  /// What keeps the rate from being larger.
  public enum Binding {
    /// The promised time to the first token.
    TimeToFirstToken,
    /// The promised time per token.
    TimePerOutputToken,
    /// What the replica computes at its fullest.
    Throughput,
    /// A single request alone does not keep the promise.
    Impossible
  }

  /// A rate that is safe.
  ///
  /// @param requestsPerSecond the largest rate
  /// @param tokensPerSecond tokens of prompts and answers at that rate
  /// @param timeToFirstToken mean seconds at that rate
  /// @param timePerOutputToken mean seconds at that rate
  /// @param sequences mean number served at that rate
  /// @param binding what bounds it
  /// @param error relative standard error of the rate, from that of the step's cost
  /// @param places requests at once beside which another one still gets its tokens in time
  /// @param fullTokensPerSecond tokens of prompts and answers with all of these places taken: what
  ///   many replicas that share a queue come near to, and one alone does not
  /// @param growth to what power of their number the places grow that replicas which share what
  ///   comes keep free for chance, all together: 0 if they need no more than one alone, [#ROOT] at
  ///   most
  public record SafeRate(
      double requestsPerSecond,
      double tokensPerSecond,
      double timeToFirstToken,
      double timePerOutputToken,
      double sequences,
      Binding binding,
      double error,
      int places,
      double fullTokensPerSecond,
      double growth) {
    private SafeRate with(double other, double grows) {
      return new SafeRate(
          requestsPerSecond,
          tokensPerSecond,
          timeToFirstToken,
          timePerOutputToken,
          sequences,
          binding,
          other,
          places,
          fullTokensPerSecond,
          grows);
    }
  }

  /// The steady state of a replica at a rate.
  ///
  /// @param attained part of the requests that keep both promises
  /// @param firstAttained part that keeps the one on the first token
  /// @param perTokenAttained part that keeps the one per token
  /// @param timeToFirstToken mean seconds of those that are taken
  /// @param timePerOutputToken mean seconds of them
  /// @param sequences mean number served
  /// @param refused part that finds the queue full
  public record State(
      double attained,
      double firstAttained,
      double perTokenAttained,
      double timeToFirstToken,
      double timePerOutputToken,
      double sequences,
      double refused) {}

  /// The largest safe rate where steps cost `steps` as far as that is known; the error follows from
  /// the rate at the cost one standard error higher.
  ///
  /// @param first what first tokens take, if that was measured
  public static SafeRate largestRate(
      StepCostEstimate steps,
      Optional<FirstTokenCurve> first,
      Limits limits,
      Workload workload,
      Slo slo) {
    SafeRate rate = grown(steps.cost(), first, limits, workload, slo);
    double n = Math.max(1, rate.sequences());
    double tokens = n * workload.tokensPerStep();
    double kv = n * workload.meanKvTokens();
    double error = steps.relativeError(n, tokens, kv);
    if (rate.binding() == Binding.Impossible || !Double.isFinite(error)) {
      return rate.with(error, rate.growth());
    }
    StepCost higher = scaled(steps.cost(), 1 + error);
    SafeRate slower = largest(higher, first, limits, workload, slo);
    double lost =
        rate.requestsPerSecond() > 0
            ? 1 - slower.requestsPerSecond() / rate.requestsPerSecond()
            : 1;
    return rate.with(Math.max(error, lost), rate.growth());
  }

  /// The largest safe rate where steps cost exactly `steps`.
  public static SafeRate largestRate(StepCost steps, Limits limits, Workload workload, Slo slo) {
    return grown(steps, Optional.empty(), limits, workload, slo);
  }

  private static SafeRate largest(
      StepCost steps, Optional<FirstTokenCurve> first, Limits limits, Workload workload, Slo slo) {
    return largest(Replica.of(steps, first.orElse(null), limits, workload), workload, slo);
  }

  /// The steady state at `requestsPerSecond`.
  public static State at(
      double requestsPerSecond, StepCost steps, Limits limits, Workload workload, Slo slo) {
    return Replica.of(steps, null, limits, workload).at(requestsPerSecond, slo);
  }

  private static SafeRate largest(Replica replica, Workload workload, Slo slo) {
    double high = MOST * replica.fastest();
    State alone = replica.at(high * 1e-6, slo);
    if (alone.attained() < slo.attainment()) {
      return new SafeRate(
          0,
          0,
          alone.timeToFirstToken(),
          alone.timePerOutputToken(),
          0,
          Binding.Impossible,
          0,
          0,
          0,
          ROOT);
    }
    State full = replica.at(high, slo);
    if (full.attained() >= slo.attainment()) {
      return rate(replica, slo, high, full, workload, Binding.Throughput);
    }
    double low = halved(replica, slo, 0, high, 1e-6);
    State beyond = replica.at(low * (1 + 1e-6), slo);
    Binding binding =
        beyond.firstAttained() < beyond.perTokenAttained()
            ? Binding.TimeToFirstToken
            : Binding.TimePerOutputToken;
    return rate(replica, slo, low, replica.at(low, slo), workload, binding);
  }

  /// The largest rate between two that keeps the promise, but for a part `exact` of the higher.
  private static double halved(Replica replica, Slo slo, double from, double to, double exact) {
    double low = from;
    double high = to;
    for (int round = 0; round < ROUNDS && high - low > exact * to; round++) {
      double middle = (low + high) / 2;
      if (replica.at(middle, slo).attained() >= slo.attainment()) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The largest rate with the growth of what replicas keep free: one alone at that rate, and
  /// [#SHARED] of them by their own chain, in parts of what they serve with all places taken. The
  /// chain takes each request to come by itself. Where they come in bunches more must be kept
  /// free, which those add who count them.
  private static SafeRate grown(
      StepCost steps, Optional<FirstTokenCurve> first, Limits limits, Workload workload, Slo slo) {
    Replica replica = Replica.of(steps, first.orElse(null), limits, workload);
    SafeRate rate = largest(replica, workload, slo);
    double full = rate.places() == 0 ? 0 : replica.full(rate.places());
    double alone = full - rate.requestsPerSecond();
    double from = SHARED * rate.requestsPerSecond();
    double to = MOST * SHARED * full;
    if (rate.binding() == Binding.Impossible || from >= to) {
      return rate;
    }
    double shared = halved(replica.together(SHARED), slo, from, to, 2e-4);
    double growth = Math.log((SHARED * full - shared) / alone) / Math.log(SHARED);
    return rate.with(rate.error(), Math.clamp(growth, 0, ROOT));
  }

  private static SafeRate rate(
      Replica replica, Slo slo, double rate, State state, Workload workload, Binding binding) {
    int places = replica.places(slo);
    return new SafeRate(
        rate,
        rate * workload.tokens(),
        state.timeToFirstToken(),
        state.timePerOutputToken(),
        state.sequences(),
        binding,
        0,
        places,
        replica.full(places) * workload.tokens(),
        ROOT);
  }

  private static StepCost scaled(StepCost cost, double by) {
    return new StepCost(
        cost.fixed() * by,
        cost.perRootSequence() * by,
        cost.perToken() * by,
        cost.perKvToken() * by);
  }
}
