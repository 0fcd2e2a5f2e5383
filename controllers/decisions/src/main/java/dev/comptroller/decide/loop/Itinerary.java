package dev.comptroller.decide.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;

/// Which rung is worth most in each of several stretches of time, with what it costs to change from
/// one to the next: a change pays for two rungs while it lasts, and a better one serves only after
/// it. Exact, by dynamic programming over where changes may be.
final class Itinerary {
  private final List<Stage> stages;
  private final Terms terms;
  private final int rungs;

  /// By border and rung: the most that is worth before it, with this rung from there on.
  private final double[][] best;

  /// By border and rung: the border at which the rung before begins.
  private final int[][] before;

  /// By border and rung: the rung before.
  private final int[][] from;

  /// By stage and rung: what all stages before are worth.
  private final double[][] sums;

  /// One rung in a stretch.
  ///
  /// @param worth tokens a second that it serves, times its quality
  /// @param micros what it costs an hour
  record Stay(double worth, double micros) {}

  /// A stretch of time.
  ///
  /// @param begin its first second
  /// @param seconds how long it is
  /// @param stays what each rung is worth in it, best rung first
  record Stage(Instant begin, long seconds, List<Stay> stays) {
    Stage {
      stays = List.copyOf(stays);
    }
  }

  /// What changes cost.
  ///
  /// @param price the worth that a micro-dollar has to buy
  /// @param overlap how long two rungs run side by side
  /// @param least time between two changes, and of one of the stretches between which one is
  record Terms(double price, Duration overlap, Duration least) {}

  private Itinerary(List<Stage> stages, OptionalInt serving, Terms terms) {
    this.stages = stages;
    this.terms = terms;
    rungs = stages.getFirst().stays().size();
    best = new double[stages.size() + 1][rungs];
    before = new int[stages.size() + 1][rungs];
    from = new int[stages.size() + 1][rungs];
    sums = new double[stages.size() + 1][rungs];
    for (int i = 0; i < stages.size(); i++) {
      for (int rung = 0; rung < rungs; rung++) {
        sums[i + 1][rung] = sums[i][rung] + value(i, rung);
      }
    }
    for (int rung = 0; rung < rungs; rung++) {
      boolean same = serving.isEmpty() || serving.getAsInt() == rung;
      best[0][rung] = same ? 0 : -loss(0, serving.getAsInt(), rung);
    }
  }

  /// The begins of stretches at which the best itinerary changes its rung; empty if it never does.
  ///
  /// @param serving the rung that serves before the first of them; absent if none does
  static SortedSet<Instant> changes(List<Stage> stages, OptionalInt serving, Terms terms) {
    boolean choice = stages.size() > 1 && stages.getFirst().stays().size() > 1;
    return choice ? new Itinerary(stages, serving, terms).changes() : new TreeSet<>();
  }

  private SortedSet<Instant> changes() {
    for (int at = 1; at < stages.size(); at++) {
      for (int to = 0; to < rungs; to++) {
        reach(at, to);
      }
    }
    int end = stages.size();
    int border = 0;
    int rung = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int at = 0; at < end; at++) {
      for (int last = 0; last < rungs; last++) {
        double all = best[at][last] + sums[end][last] - sums[at][last];
        if (all > most) {
          most = all;
          border = at;
          rung = last;
        }
      }
    }
    SortedSet<Instant> changes = new TreeSet<>();
    while (border > 0) {
      changes.add(stages.get(border).begin());
      int next = before[border][rung];
      rung = from[border][rung];
      border = next;
    }
    return changes;
  }

  /// The best way to be with a rung from a border on, with a change there.
  private void reach(int at, int to) {
    best[at][to] = Double.NEGATIVE_INFINITY;
    if (!isLong(at) && !isLong(at - 1)) {
      return;
    }
    for (int since = 0; since < at; since++) {
      if (since > 0 && isTooSoon(since, at)) {
        break;
      }
      for (int old = 0; old < rungs; old++) {
        double all = best[since][old] + sums[at][old] - sums[since][old] - loss(at, old, to);
        if (old != to && all > best[at][to]) {
          best[at][to] = all;
          before[at][to] = since;
          from[at][to] = old;
        }
      }
    }
  }

  /// Whether the rung may be changed for a stage alone.
  private boolean isLong(int stage) {
    return stages.get(stage).seconds() >= terms.least().toSeconds();
  }

  private boolean isTooSoon(int since, int at) {
    return stages.get(at).begin().isBefore(stages.get(since).begin().plus(terms.least()));
  }

  private double value(int stage, int rung) {
    Stay stay = stages.get(stage).stays().get(rung);
    return stages.get(stage).seconds() * (stay.worth() - terms.price() * stay.micros());
  }

  /// What a change at the begin of a stage loses: the lower rung runs beside the other one, where
  /// prices are lower, and a better one serves later.
  private double loss(int at, int old, int to) {
    int lower = Math.max(old, to);
    double beside =
        Math.min(
            stages.get(Math.max(0, at - 1)).stays().get(lower).micros(),
            stages.get(at).stays().get(lower).micros());
    List<Stay> then = stages.get(at).stays();
    double later = Math.max(0, then.get(to).worth() - then.get(old).worth());
    double each = terms.price() * beside + (to < old ? later : 0);
    return terms.overlap().toSeconds() * each;
  }
}
