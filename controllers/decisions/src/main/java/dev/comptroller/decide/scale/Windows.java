package dev.comptroller.decide.scale;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How many replicas keep the windows of work that may wait, and from when on.
///
/// ```
/// idle   what replicas that run for other work leave over until a deadline, as foretold by hours
/// level  replicas that run at least; where other work needs more it adds nothing
/// ```
///
/// 1. Work that fits into nine tenths of the idle capacity until its deadline needs no replica.
/// 2. For more, the highest level that the work fills until its deadline, a margin before it, must
///    run now ([#from]): less would be late. A part of a replica waits until the time that is left
///    is short enough for it to be a whole one; so it starts as late as is safe, for as long as
///    the work lasts, and hours in which other work needs few are filled first.
/// 3. Once it runs it stays until fewer do ([#until]). So a replica is started for hours of work,
///    not for a few tokens.
/// 4. Where nothing runs, one is started earlier if what is left fills it for an hour, or for as
///    long as [#WORTH] starts take: waiting would save nothing.
///
/// The margin is a start and a tenth of the time left. Work that even all replicas could not do in
/// time gets all of them if there is time left for more than a start.
///
/// @param from replicas that must run from now on
/// @param until replicas that suffice, if they run already
/// @param kept whether they are, of all replicas that there may be
/// @param tokens of all work
/// @param due by when as many tokens are due as [#from] is for, or as wait for the least time
/// @param tokensDue of the work until then
/// @param idle tokens that idle capacity is expected to do of it until then
record Windows(
    int from, int until, boolean kept, double tokens, Instant due, double tokensDue, double idle) {
  /// The part of a full replica's pace that work reaches which gives way to other work.
  private static final double PACE = 0.9;

  /// The part of the idle capacity that is counted on.
  private static final double SURE = 0.9;

  /// The part of the time left that is kept as a margin.
  private static final double MARGIN = 0.1;

  /// Starts that a replica must be worth to be started earlier than it must.
  private static final int WORTH = 20;

  private static final double HOUR = 3600;
  private static final double STEP = 900;
  private static final double FARTHEST = 7 * 24 * HOUR;

  /// What is asked about.
  ///
  /// @param rung that serves
  /// @param fewest replicas that run anyway
  /// @param most replicas at most
  /// @param start how long a new one takes to serve
  /// @param worth tokens a second that other work must be expected to ask for in an hour, for
  ///     replicas to be counted on in it that nobody keeps
  record Setting(RungSeen rung, int fewest, int most, Duration start, double worth) {}

  /// The answer at `now`; absent if nothing waits.
  static @Nullable Windows of(List<Due> due, DemandSeen demand, Setting setting, Instant now) {
    double all = due.stream().mapToDouble(Due::tokens).sum();
    return all > 0 ? new Look(due, demand, setting, now).windows(all) : null;
  }

  /// The figures, without what follows from them.
  String message() {
    String figures =
        "%.0f tokens may wait, %.0f of them until %s, and idle slots are expected to do %.0f"
            .formatted(tokens, tokensDue, due, idle);
    if (until == 0) {
      return figures + ": no replica is needed for them";
    }
    return figures
        + (kept ? ": %d must run now, %d are enough" : ": %d must run now, %d are too few")
            .formatted(from, until);
  }

  /// What is free in time until the last deadline, and what is due.
  private static final class Look {
    private final Setting setting;
    private final Instant now;
    private final List<Due> due;
    private final double pace;
    private final double start;
    /* By step: tokens a second of other work, and replicas that run for it. */
    private final double[] asked;
    private final int[] there;
    /* Tokens that at least so many replicas do beside other work, by the ends of steps. */
    private final Map<Integer, double[]> byLevel = new HashMap<>();

    Look(List<Due> due, DemandSeen demand, Setting setting, Instant now) {
      this.due = due;
      this.setting = setting;
      this.now = now;
      this.start = setting.start.toMillis() / 1e3;
      RungSeen rung = setting.rung;
      pace =
          PACE
              * (rung.pool() == null ? Objects.requireNonNull(rung.safe()) : rung.pool().full())
                  .thousandths()
              / 1e3;
      int steps = (int) Math.ceil(left(due.getLast()) / STEP) + 1;
      asked = new double[steps];
      there = new int[steps];
      Ahead ahead = new Ahead(demand, now);
      for (int i = 0; i < steps; i++) {
        asked[i] = ahead.at((i + 0.5) * STEP);
        boolean runs = setting.fewest > 0 || asked[i] >= setting.worth;
        long need = runs ? Math.max(1, RungNeed.replicas(rung, asked[i])) : 0;
        there[i] = Math.clamp(need, setting.fewest, setting.most);
      }
    }

    private double left(Due each) {
      double seconds = Duration.between(now, each.by()).toMillis() / 1e3;
      return Math.clamp(seconds, 0, FARTHEST);
    }

    Windows windows(double all) {
      int from = 0;
      int until = 0;
      boolean kept = true;
      double work = 0;
      double excess = 0;
      @Nullable Due binding = null;
      double workThen = 0;
      for (Due each : due) {
        double left = left(each);
        if (!(left > 0)) {
          continue;
        }
        work += each.tokens();
        double rest = work - SURE * sum(0, 0, left);
        if (rest <= 0) {
          continue;
        }
        excess = Math.max(excess, rest);
        int must = from(left, rest);
        if (binding == null || must > from) {
          binding = each;
          workThen = work;
        }
        from = Math.max(from, must);
        until = Math.max(until, until(left, rest));
        kept &= beyond(setting.most, 0, left) >= rest;
      }
      if (from == 0
          && setting.rung.running() == 0
          && excess >= pace * Math.max(HOUR, WORTH * start)) {
        from = 1;
      }
      Due told = binding == null ? due.getLast() : binding;
      return new Windows(
          from,
          Math.max(from, until),
          kept,
          all,
          told.by(),
          binding == null ? all : workThen,
          SURE * sum(0, 0, left(told)));
    }

    /// The highest level that some work beyond idle capacity fills until a margin before its
    /// deadline, but no more than do it in time at all; 0 if as many run for other work.
    private int from(double left, double work) {
      double end = left - MARGIN * left - start;
      int low = 0;
      int high = end > start ? setting.most : 0;
      while (low < high) {
        int middle = (low + high + 1) / 2;
        if (beyond(middle, start, end) > work) {
          high = middle - 1;
        } else {
          low = middle;
        }
      }
      int filled = end > start ? low : setting.most;
      int level = Math.min(filled, enough(left, work));
      return level <= there[0] ? 0 : level;
    }

    /// The lowest level that does some work beyond idle capacity until its deadline; where new
    /// replicas come too late, no more than run.
    private int enough(double left, double work) {
      int running = least(0, left, work);
      if (running <= setting.rung.running()) {
        return running;
      }
      return left < 2 * start ? setting.rung.running() : least(start, left, work);
    }

    /// The lowest level that does some work beyond idle capacity until a margin before its
    /// deadline.
    private int until(double left, double work) {
      double end = left - MARGIN * left - start;
      return least(0, end > 0 ? end : left, work);
    }

    /// The lowest level that does some work beyond idle capacity between two times; all replicas
    /// if none does.
    private int least(double begin, double end, double work) {
      int low = Math.min(1, setting.most);
      int high = setting.most;
      while (low < high) {
        int middle = (low + high) / 2;
        if (beyond(middle, begin, end) < work) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    /// Tokens that a level of replicas does beyond what those do that run for other work.
    private double beyond(int level, double begin, double end) {
      return sum(level, begin, end) - sum(0, begin, end);
    }

    /// Tokens that a level of replicas does beside other work between two times.
    private double sum(int level, double begin, double end) {
      double[] sums = sums(level);
      return upTo(sums, end) - upTo(sums, begin);
    }

    private static double upTo(double[] sums, double seconds) {
      int step = Math.min((int) (seconds / STEP), sums.length - 2);
      return sums[step] + (sums[step + 1] - sums[step]) * (seconds - step * STEP) / STEP;
    }

    private double[] sums(int level) {
      return byLevel.computeIfAbsent(
          level,
          _ -> {
            double[] sums = new double[asked.length + 1];
            for (int i = 0; i < asked.length; i++) {
              double free = Math.max(0, Math.max(level, there[i]) * pace - asked[i]);
              sums[i + 1] = sums[i] + STEP * free;
            }
            return sums;
          });
    }
  }

  /// What other work will ask for: as at the same time of the week, or else of the last day that
  /// is known, where it is as much as usual now, else in proportion.
  private static final class Ahead {
    private static final int DAYS = 7;
    private static final int RECENT = 60;
    private static final double FURTHEST_OFF = 2;

    private final WeekProfile profile;
    private final Instant now;
    private final double recent;
    private final double scale;

    Ahead(DemandSeen demand, Instant now) {
      this.profile = demand.profile();
      this.now = now;
      recent = demand.mean(RECENT);
      Double usual = usual(now.minusSeconds(30L * RECENT));
      scale =
          usual == null || !(usual > 0)
              ? 1
              : Math.clamp(recent / usual, 1 / FURTHEST_OFF, FURTHEST_OFF);
    }

    double at(double seconds) {
      Double usual = usual(now.plusMillis(Math.round(1000 * seconds)));
      return usual == null ? recent : scale * usual;
    }

    private @Nullable Double usual(Instant at) {
      for (int back = 0; back < DAYS; back++) {
        Double known = profile.at(at.minus(Duration.ofDays(back)));
        if (known != null) {
          return known;
        }
      }
      return null;
    }
  }
}
