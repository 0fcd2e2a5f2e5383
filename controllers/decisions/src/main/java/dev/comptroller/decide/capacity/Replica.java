package dev.comptroller.decide.capacity;

import org.jspecify.annotations.Nullable;

/// A replica as a queue whose pace depends on how many it serves; see [Sizing].
final class Replica {
  /* By n: of a request that finds n served, and while n + 1 are served. */
  private final double[] first;
  private final double[] step;
  private final double[] leave;

  private Replica(double[] first, double[] step, double[] leave) {
    this.first = first;
    this.step = step;
    this.leave = leave;
  }

  /// A replica that is never fuller than `limits` allow for `workload`.
  static Replica of(
      StepCost cost, @Nullable FirstTokenCurve measured, Sizing.Limits limits, Workload workload) {
    double each = workload.inputTokens() + workload.outputTokens();
    int places = limits.maxSequences();
    if (Double.isFinite(limits.kvTokens())) {
      places = (int) Math.clamp(Math.floor(limits.kvTokens() / each), 1, places);
    }
    double[] first = new double[places];
    double[] step = new double[places];
    double[] leave = new double[places];
    for (int n = 1; n <= places; n++) {
      step[n - 1] = cost.seconds(n, workload, limits.maxBatchedTokens());
      if (measured == null) {
        first[n - 1] = prompt(cost, limits, workload, n);
      } else {
        // Beside more a first token is never sooner: a bend that says so was seen by chance.
        double less = n == 1 ? 0 : first[n - 2];
        first[n - 1] = Math.max(measured.seconds(workload, n), less);
      }
      double output = workload.outputTokens() - 1;
      double rate = n / (prompt(cost, limits, workload, n) + output * step[n - 1]);
      // More at once never serve fewer: a batcher that saw that would not take them.
      leave[n - 1] = n == 1 ? rate : Math.max(rate, leave[n - 2]);
    }
    return new Replica(first, step, leave);
  }

  /// Seconds from the start of a prompt to its first token beside n - 1 others: half a step of
  /// theirs passes first, then its tokens are computed along with theirs in as many steps as it
  /// takes.
  private static double prompt(StepCost cost, Sizing.Limits limits, Workload workload, int n) {
    double beside = n - 1;
    double input = Math.max(1, workload.computedInput());
    double room = Math.max(1, limits.maxBatchedTokens() - beside);
    double steps = Math.max(1, Math.ceil(input / room));
    double kv = beside * workload.meanKvTokens();
    double own = workload.inputTokens() - workload.computedInput() / 2;
    double each = cost.seconds(n, input / steps + beside, kv + own);
    double waited = beside == 0 ? 0 : cost.seconds(beside, workload, limits.maxBatchedTokens()) / 2;
    return waited + steps * each;
  }

  /// So many of them that share what comes evenly, as one queue.
  Replica together(int count) {
    int places = count * leave.length;
    double[] firsts = new double[places];
    double[] steps = new double[places];
    double[] leaves = new double[places];
    for (int n = 1; n <= places; n++) {
      int fuller = n % count;
      int low = n / count;
      int high = fuller == 0 ? low : low + 1;
      firsts[n - 1] = first[high - 1];
      steps[n - 1] = step[high - 1];
      double less = low == 0 ? 0 : leave[low - 1];
      leaves[n - 1] = fuller * leave[high - 1] + (count - fuller) * less;
    }
    return new Replica(firsts, steps, leaves);
  }

  /// Requests a second of a replica that is full.
  double fastest() {
    return leave[leave.length - 1];
  }

  /// The most requests at once of which each still gets its tokens in time.
  int places(Slo slo) {
    int places = 1;
    for (int n = 1; n <= step.length; n++) {
      boolean kept =
          step[n - 1] <= slo.timePerOutputToken() && first[n - 1] <= slo.timeToFirstToken();
      places = kept ? n : places;
    }
    return places;
  }

  /// Requests a second with `places` of them at once.
  double full(int places) {
    return leave[places - 1];
  }

  /// The steady state at a rate.
  Sizing.State at(double rate, Slo slo) {
    int places = leave.length;
    double[] found = distribution(rate);
    double taken = 0;
    double attained = 0;
    double firstKept = 0;
    double perTokenKept = 0;
    double meanFirst = 0;
    double meanStep = 0;
    double sequences = 0;
    for (int n = 0; n < found.length; n++) {
      sequences += found[n] * Math.min(n, places);
      if (n == found.length - 1) {
        break;
      }
      int served = Math.min(n + 1, places);
      double ahead = Math.max(0, n - places + 1);
      double wait = ahead / fastest();
      double start = first[served - 1];
      double keepsFirst = keeps(slo.timeToFirstToken() - start, ahead);
      double keepsStep = step[served - 1] <= slo.timePerOutputToken() ? 1 : 0;
      taken += found[n];
      firstKept += found[n] * keepsFirst;
      perTokenKept += found[n] * keepsStep;
      attained += found[n] * keepsFirst * keepsStep;
      meanFirst += found[n] * (wait + start);
      meanStep += found[n] * step[served - 1];
    }
    double of = Math.max(taken, Double.MIN_NORMAL);
    return new Sizing.State(
        attained,
        firstKept,
        perTokenKept,
        meanFirst / of,
        meanStep / of,
        sequences,
        found[found.length - 1]);
  }

  /// The probability that `ahead` requests leave in time, each after an exponential time: a sum
  /// with mean `ahead / rate` and the root of that over the rate as its deviation.
  private double keeps(double left, double ahead) {
    if (left < 0) {
      return 0;
    }
    if (ahead <= 0 || Double.isInfinite(left)) {
      return 1;
    }
    double mean = ahead / fastest();
    double deviation = Math.sqrt(ahead) / fastest();
    return normal((left - mean) / deviation);
  }

  /// How likely it is to find n in the replica, from none to all places and the queue.
  private double[] distribution(double rate) {
    int places = leave.length;
    int most = places * (1 + Sizing.QUEUE);
    double[] found = new double[most + 1];
    // In logarithms first: the ratios run from very small to very large.
    double log = 0;
    double highest = 0;
    double[] logs = new double[most + 1];
    for (int n = 1; n <= most; n++) {
      log += Math.log(rate) - Math.log(leave[Math.min(n, places) - 1]);
      logs[n] = log;
      highest = Math.max(highest, log);
    }
    double sum = 0;
    for (int n = 0; n <= most; n++) {
      found[n] = Math.exp(logs[n] - highest);
      sum += found[n];
    }
    for (int n = 0; n <= most; n++) {
      found[n] /= sum;
    }
    return found;
  }

  /// The normal distribution function (Zelen and Severo's approximation, error below 1e-7).
  private static double normal(double x) {
    double t = 1 / (1 + 0.2316419 * Math.abs(x));
    double tail =
        Math.exp(-x * x / 2)
            / Math.sqrt(2 * Math.PI)
            * t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return x >= 0 ? 1 - tail : tail;
  }
}
