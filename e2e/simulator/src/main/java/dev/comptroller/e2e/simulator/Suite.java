package dev.comptroller.e2e.simulator;

import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.autoscale.AutoscaleSuite;
import dev.comptroller.e2e.simulator.control.Broken;
import dev.comptroller.e2e.simulator.holds.HoldSuites;
import dev.comptroller.e2e.simulator.holds.Stranding;
import dev.comptroller.e2e.simulator.input.Trace;
import dev.comptroller.e2e.simulator.scenario.Article;
import dev.comptroller.e2e.simulator.scenario.SquareWaves;
import dev.comptroller.e2e.simulator.scenario.Weeks;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Worlds that put the promises to the test, in full size.
public enum Suite {
  /// A hard limit in a world where everything goes wrong: 100 worlds of 100 days.
  HARD_LIMIT {
    @Override
    boolean run(PrintWriter out, Size size) {
      int days = size.days() > 0 ? size.days() : 100;
      long worlds = size.worlds() > 0 ? size.worlds() : size.days() > 0 ? 1 : 100;
      HardLimitReport report = new HardLimitReport(out);
      report.run(size.seed(), worlds, days, size.threads());
      return report.isKept();
    }
  },
  /// Square waves of price and load at every period from a minute to a day, a week each; of a price
  /// that changes twice a minute, which takes long to reckon, a day.
  SQUARE_WAVES {
    @Override
    boolean run(PrintWriter out, Size size) {
      long seed = size.seed();
      long days = size.days() > 0 ? size.days() : 7;
      boolean held = true;
      for (SquareWaves.Wave wave : SquareWaves.Wave.values()) {
        for (long period : SquareWaves.PERIODS) {
          try {
            boolean quick = wave != SquareWaves.Wave.Load && period < 300;
            SquareWaves.Run run =
                SquareWaves.run(wave, period, quick ? 24 : 24 * days, seed, MoneyLoop::decide);
            SquareWaves.Result result = run.judged();
            boolean bound = result.regret() <= 0.05;
            held &= bound;
            out.printf(
                "%s every %d s: %d changes of variant, %d of them down, 0 inside dwell; $%s, cost"
                    + " regret %.1f %% of foresight's bound, %.1f %% of its plan, %.1f %% hour by"
                    + " hour%s%n",
                wave,
                period,
                run.changes(),
                run.downgrades(),
                dollars(run.simulation().total().spentMicros()),
                100 * result.regret(),
                100 * result.regretOfPlan(),
                100 * result.hourly(),
                bound ? "" : " (more than 5)");
          } catch (Broken broken) {
            held = false;
            out.println(broken.getMessage());
          }
          out.flush();
        }
      }
      return held;
    }
  },
  /// Four weeks, with 40, 70 and 130 percent of what they would cost without a budget.
  PACE {
    @Override
    boolean run(PrintWriter out, Size size) {
      long seed = size.seed();
      boolean held = true;
      for (Weeks.Shape shape : Weeks.Shape.values()) {
        for (int percent : new int[] {40, 70, 130}) {
          Weeks.Result result = Weeks.run(shape, percent, seed, MoneyLoop::decide);
          boolean binds = percent < 100;
          boolean good =
              binds
                  ? result.used() >= 0.97 && result.used() <= 1 && result.share() >= 0.97
                  : !result.actions() && result.cost() <= 1.02;
          held &= good;
          out.printf(
              "%s with %d %% of the money: %.1f %% used; quality-weighted tokens %.1f %% of"
                  + " foresight's bound, %.1f %% of its plan, %.1f %% of the linear bound; %d"
                  + " changes, cost %.3f of the run without a budget%s%s%n",
              shape,
              percent,
              100 * result.used(),
              100 * result.share(),
              100 * result.shareOfPlan(),
              100 * result.shareOfLinear(),
              result.changes(),
              result.cost(),
              result.actions() ? "" : ", nothing was done",
              good ? "" : " (short of the goal)");
          out.flush();
        }
      }
      return held;
    }
  },
  /// The worked example, flat and with a daily curve.
  ARTICLE {
    @Override
    boolean run(PrintWriter out, Size size) {
      int days = size.days();
      boolean held = true;
      for (Article.Shape shape : Article.Shape.values()) {
        Article.Result result = Article.run(shape, days > 0 ? days : 29, MoneyLoop::decide);
        out.printf(
            "%s, a month of 30 days: $%s in fractions of pods, $%s in whole pods%n",
            shape, dollars(result.fractionalMicros()), dollars(result.wholeMicros()));
        List<Article.Lever> levers = List.of(Article.Lever.values());
        for (int i = 0; i < levers.size(); i++) {
          out.printf(
              "  %-15s saves $%12s in this order, $%12s by its Shapley share%n",
              levers.get(i), dollars(result.inOrder().get(i)), dollars(result.shares().get(i)));
        }
        out.printf(
            "  all of them: $%s; %.2f %% of the requests answered%n",
            dollars(result.allMicros()), 100 * result.served());
        result.missed().forEach(each -> out.println("  short of the goal: " + each));
        held &= result.missed().isEmpty();
        out.flush();
      }
      return held;
    }
  },
  /// A pool under a ceiling in dollars an hour: 20 worlds of 14 days.
  MONEY_CAP {
    @Override
    boolean run(PrintWriter out, Size size) {
      int days = size.days() > 0 ? size.days() : 14;
      int worlds = size.worlds() > 0 ? size.worlds() : 20;
      return CeilingReport.run(out, size.seed(), worlds, days);
    }
  },
  /// How much money the holds of 50 streams keep from others, and what that costs.
  STRANDING {
    @Override
    boolean run(PrintWriter out, Size size) {
      Trace trace = size.trace();
      return HoldSuites.stranding(
          out, trace == null ? Stranding.synthetic(size.seed(), 20_000) : trace);
    }
  },
  /// Requests that race for the last of a limit while the gateway crashes.
  OVERSHOOT {
    @Override
    boolean run(PrintWriter out, Size size) {
      return HoldSuites.overshoot(out, size.seed(), size.trials());
    }
  },
  /// Ways to scale a fleet over the same arrivals, beside a plan that knows them beforehand.
  AUTOSCALE {
    @Override
    boolean run(PrintWriter out, Size size) {
      return AutoscaleSuite.run(out, size.autoscale());
    }
  };

  /// How much of it to run.
  ///
  /// @param seed of the first world
  /// @param days how long, instead of the full size; 0: the full size
  /// @param worlds how many, each with a seed of its own, instead of the full size; 0: the full
  ///   size
  /// @param threads worlds that run at once
  /// @param trace of requests, where the suite runs one
  /// @param trials how many, where the suite counts them
  /// @param autoscale what the suite of that name compares
  record Size(
      long seed,
      int days,
      int worlds,
      int threads,
      @Nullable Trace trace,
      long trials,
      AutoscaleSuite.Options autoscale) {}

  /// Runs it; true if it keeps its promise.
  abstract boolean run(PrintWriter out, Size size);

  static String dollars(long micros) {
    return new Money(micros).print(2);
  }
}
