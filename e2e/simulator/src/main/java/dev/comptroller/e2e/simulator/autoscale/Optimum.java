package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The cheapest plan that is found for requests that are known beforehand.
///
/// 1. *What a minute misses with k replicas* is observed, not assumed: fleets that follow plans
///    of a little less to a lot more than the work of the minute, or of the nine minutes around
///    it, in whole replicas, serve the exact requests. A minute with at least as many replicas
///    as one observed misses no more.
/// 2. *The cheapest plan for a price of a miss*, over all minutes: exact by dynamic programming,
///    with a start that costs the replica's start time and a stop that is free.
/// 3. Plans for several prices run in the same simulator. What they miss joins the observations,
///    and it begins again at 2, around the price at which as much is missed as is allowed.
/// 4. The cheapest plan that kept what is promised is the answer; it is then tried to take
///    single replicas out of it, as often as is asked for.
///
/// So the answer can be had: it ran. How far it is from what nobody can beat is bounded by
/// [#leastMicros], the work at the pace of full replicas, in fractions of replicas, without
/// starts.
final class Optimum {
  private static final double[] FACTORS = {1.0, 1.04, 1.1, 1.22};
  private static final double[] SMOOTH_FACTORS = {0.97, 1.0, 1.03, 1.07};
  private static final int SMOOTH_MINUTES = 4;
  private static final double[] FIRST_PRICES = {0.05, 0.2, 0.8, 3.2};
  private static final double[] LEVELS = {0.95, 1, 1.03, 1.06, 1.1, 1.15, 1.25};
  private static final double[] CLOSER = {0.96, 0.97, 0.98, 0.985, 0.99, 0.995};
  private static final int ROUNDS = 3;

  private final Race race;
  private final Fleet.Rules rules;
  private final int initial;
  private final long seconds;
  private final int minutes;
  private final double allowed;
  private final double[] work;
  private final int[] came;
  private final double[] batch;
  private final int[][] observed;

  /// The answer.
  ///
  /// @param plan replicas that are ready, by minute
  /// @param fleet the run of it
  /// @param runs how many plans ran
  @SuppressWarnings("ArrayRecordComponent")
  record Found(int[] plan, Fleet fleet, int runs) {}

  private Optimum(Race race, Arrivals arrivals, Fleet.Rules rules, int initial) {
    this.race = race;
    this.rules = rules;
    this.initial = initial;
    seconds = arrivals.rates().seconds();
    minutes = (int) ((seconds + 59) / 60);
    allowed = 1 - rules.slo().attainment();
    work = new double[minutes];
    batch = new double[minutes];
    came = new int[minutes];
    measure(arrivals);
    observed = new int[minutes][rules.most() + 1];
    for (int minute = 0; minute < minutes; minute++) {
      Arrays.fill(observed[minute], 2 * came[minute]);
    }
  }

  /// The cheapest plan found; `trials` single replicas are tried to be taken out of it.
  static Found find(Race race, Arrivals arrivals, Fleet.Rules rules, int initial, int trials) {
    return new Optimum(race, arrivals, rules, initial).find(trials);
  }

  /// Dollars that no plan beats but for how much the longest answers could be picked to be
  /// missed: the work of each minute that need not be missed, at the pace of full replicas, and
  /// never less than one replica.
  static long leastMicros(Arrivals arrivals, Fleet.Rules rules) {
    double[] work = new double[(int) ((arrivals.rates().seconds() + 59) / 60)];
    for (int window = 0; window < arrivals.rates().windows(); window++) {
      Arrivals.Chunk chunk = arrivals.window(window);
      for (int i = 0; i < chunk.count(); i++) {
        work[(int) chunk.at()[i] / 60] += replicaSeconds(rules, chunk.output()[i]);
      }
    }
    double part = rules.slo().attainment();
    double replicas =
        arrivals.deferrable() > 0
            ? Math.max(60.0 * work.length, part * Arrays.stream(work).sum())
            : Arrays.stream(work).map(it -> Math.max(60, part * it)).sum();
    return Math.round(replicas / 3600 * rules.machine().microsPerHour());
  }

  private static double replicaSeconds(Fleet.Rules rules, int output) {
    return output / rules.mix().outputTokens() / rules.machine().fullRate(rules.mix());
  }

  private void measure(Arrivals arrivals) {
    for (int window = 0; window < arrivals.rates().windows(); window++) {
      Arrivals.Chunk chunk = arrivals.window(window);
      for (int i = 0; i < chunk.count(); i++) {
        int minute = (int) chunk.at()[i] / 60;
        if (chunk.batch()[i]) {
          batch[minute] += replicaSeconds(rules, chunk.output()[i]);
        } else {
          work[minute] += replicaSeconds(rules, chunk.output()[i]);
          came[minute]++;
        }
      }
    }
  }

  private Found find(int trials) {
    List<int[]> plans = new ArrayList<>();
    for (double factor : FACTORS) {
      int[] plan = new int[minutes];
      Arrays.setAll(plan, i -> whole(factor * work[i] / 60));
      plans.add(plan);
    }
    for (double factor : SMOOTH_FACTORS) {
      int[] plan = new int[minutes];
      Arrays.setAll(plan, i -> whole(factor * smooth(i) / 60));
      plans.add(plan);
    }
    List<Found> ran = new ArrayList<>(run(plans));
    double[] prices = FIRST_PRICES;
    for (int round = 0; round < ROUNDS; round++) {
      List<Found> found = run(Arrays.stream(prices).mapToObj(this::cheapest).toList());
      ran.addAll(found);
      prices = around(prices, found);
    }
    Found best =
        cheapestKept(ran)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "none of %d plans misses at most %.2f %%: give more replicas than %d"
                            .formatted(ran.size(), 100 * allowed, rules.most())));
    Found interactive = new Found(best.plan, best.fleet, ran.size());
    return Arrays.stream(batch).sum() > 0 ? filled(interactive) : thinned(interactive, trials);
  }

  /// The plan with its valleys filled, the cheapest of those around the levels at which all work
  /// fits that leave nothing to be late: one level for all time, one for as long as work may wait,
  /// and then some closer to the best of these.
  private Found filled(Found start) {
    List<double[]> levels = new ArrayList<>();
    int window = Math.clamp((long) (rules.batchWindow() / 60), 1, minutes);
    for (int length : new int[] {minutes, window}) {
      double[] fitting = levels(start.plan, length);
      for (double factor : LEVELS) {
        levels.add(Arrays.stream(fitting).map(it -> factor * it).toArray());
      }
    }
    List<Found> ran = new ArrayList<>(runAt(start, levels));
    double[] level = levels.get(cheapestInTime(ran));
    List<double[]> closer = new ArrayList<>();
    for (double factor : CLOSER) {
      closer.add(Arrays.stream(level).map(it -> factor * it).toArray());
    }
    ran.addAll(runAt(start, closer));
    Found best = ran.get(cheapestInTime(ran));
    return new Found(best.plan, best.fleet, start.runs + ran.size());
  }

  private List<Found> runAt(Found start, List<double[]> levels) {
    return run(levels.stream().map(level -> filled(start.plan, level)).toList());
  }

  /// Which is the cheapest that kept what is promised and left nothing to be late; the last if none
  /// did.
  private int cheapestInTime(List<Found> ran) {
    return cheapestKept(ran.stream().filter(it -> it.fleet.score().batchMissed() == 0).toList())
        .map(ran::indexOf)
        .orElse(ran.size() - 1);
  }

  /// A plan with every minute at its level at least; one between whole numbers is kept part of
  /// every four hours.
  private int[] filled(int[] plan, double[] level) {
    int[] filled = plan.clone();
    for (int i = 0; i < minutes; i++) {
      int whole = (int) level[i];
      int floor = whole + (i % 240 < 240 * (level[i] - whole) ? 1 : 0);
      filled[i] = Math.clamp(floor, plan[i], rules.most());
    }
    return filled;
  }

  /// By minute the level at which all that comes within so many minutes fits into them.
  private double[] levels(int[] plan, int length) {
    double[] levels = new double[minutes];
    for (int from = 0; from < minutes; from += length) {
      int to = Math.min(minutes, from + length);
      double all = Arrays.stream(work, from, to).sum() + Arrays.stream(batch, from, to).sum();
      double low = 1;
      double high = rules.most();
      while (high - low > 0.01) {
        double level = (low + high) / 2;
        double room =
            Arrays.stream(plan, from, to).mapToDouble(it -> 60 * Math.max(it, level)).sum();
        low = room < all ? level : low;
        high = room < all ? high : level;
      }
      Arrays.fill(levels, from, to, high);
    }
    return levels;
  }

  /// Work of a minute, as the mean of it and those around it.
  private double smooth(int minute) {
    int from = Math.max(0, minute - SMOOTH_MINUTES);
    int to = Math.min(minutes, minute + SMOOTH_MINUTES + 1);
    return Arrays.stream(work, from, to).average().orElse(0);
  }

  /// Prices between the highest that missed too much and the lowest that did not.
  private double[] around(double[] prices, List<Found> found) {
    double low = prices[0] / 4;
    double high = prices[prices.length - 1] * 4;
    for (int i = 0; i < prices.length; i++) {
      if (found.get(i).fleet.score().missedShare() > allowed) {
        low = Math.max(low, prices[i]);
      } else {
        high = Math.min(high, prices[i]);
      }
    }
    double from = Math.min(low, high);
    double to = Math.max(low, high);
    double[] next = new double[4];
    Arrays.setAll(next, i -> from * Math.pow(to / from, (i + 0.5) / next.length));
    return next;
  }

  private Optional<Found> cheapestKept(List<Found> ran) {
    return ran.stream()
        .filter(it -> it.fleet.score().missedShare() <= allowed)
        .min(Comparator.comparingLong(it -> it.fleet.microsWithRest()));
  }

  private int whole(double replicas) {
    return Math.clamp((int) Math.ceil(replicas), 1, rules.most());
  }

  private List<Found> run(List<int[]> plans) {
    List<Fleet> fleets =
        plans.stream()
            .map(plan -> new Fleet(rules, new Planned(plan), initial, 0, seconds))
            .toList();
    race.run(fleets);
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      observe(plans.get(i), fleets.get(i).score());
      found.add(new Found(plans.get(i), fleets.get(i), 0));
    }
    return found;
  }

  private void observe(int[] plan, Score score) {
    for (int minute = 0; minute < minutes; minute++) {
      int[] row = observed[minute];
      int misses = score.misses(minute);
      for (int k = plan[minute]; k < row.length && row[k] > misses; k++) {
        row[k] = misses;
      }
    }
  }

  /// The cheapest plan if a miss costs as much as `price` seconds of a replica.
  private int[] cheapest(double price) {
    int most = rules.most();
    double start = rules.machine().startSeconds();
    int[][] from = new int[minutes][most + 1];
    double[] cost = new double[most + 1];
    for (int minute = 0; minute < minutes; minute++) {
      double[] before = cost.clone();
      cost = new double[most + 1];
      double rising = Double.POSITIVE_INFINITY;
      int risingFrom = 0;
      for (int k = 1; k <= most; k++) {
        if (before[k] - start * k < rising) {
          rising = before[k] - start * k;
          risingFrom = k;
        }
        cost[k] = rising + start * k;
        from[minute][k] = risingFrom;
      }
      double falling = Double.POSITIVE_INFINITY;
      int fallingFrom = most;
      for (int k = most; k >= 1; k--) {
        if (before[k] < falling) {
          falling = before[k];
          fallingFrom = k;
        }
        if (falling < cost[k]) {
          cost[k] = falling;
          from[minute][k] = fallingFrom;
        }
        cost[k] += 60.0 * k + price * observed[minute][k];
      }
    }
    int last = 1;
    for (int k = 2; k <= most; k++) {
      if (cost[k] < cost[last]) {
        last = k;
      }
    }
    int[] plan = new int[minutes];
    for (int minute = minutes - 1; minute >= 0; minute--) {
      plan[minute] = last;
      last = from[minute][last];
    }
    return plan;
  }

  /// Tries to take a replica out of stretches and of single minutes.
  private Found thinned(Found start, int trials) {
    Found best = start;
    int left = trials;
    for (int length = minutes; length >= 1 && left > 0; length /= 2) {
      for (int minute = 0; minute + length <= minutes && left > 0; minute++) {
        int[] plan = best.plan.clone();
        for (int i = minute; i < minute + length; i++) {
          plan[i] = Math.max(1, plan[i] - 1);
        }
        if (Arrays.equals(plan, best.plan)) {
          continue;
        }
        left--;
        Found found = run(List.of(plan)).getFirst();
        if (found.fleet.score().missedShare() <= allowed
            && found.fleet.micros() < best.fleet.micros()) {
          best = found;
        }
      }
    }
    return new Found(best.plan, best.fleet, start.runs + trials - left);
  }
}
