package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.e2e.simulator.report.Plot;
import dev.comptroller.e2e.simulator.scenario.Weeks.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The comparison of policies, told as a table and a plot.
public final class AutoscaleSuite {
  private static final int HOUR = 3600 / Fleet.TICK;
  private static final int DAY = 24 * HOUR;
  private static final int MINUTES_OF_DAY = 24 * 60;

  private AutoscaleSuite() {}

  /// What to compare.
  ///
  /// @param trace rates by window; absent: a synthetic week
  /// @param workload of the trace
  /// @param share part of the requests
  /// @param steps whether rates jump from window to window, instead of changing along lines
  /// @param shape of the synthetic week
  /// @param burstiness coefficients of variation, one comparison for each
  /// @param deferrable part of the requests that may wait
  /// @param windowHours how long they may
  /// @param startSeconds from asking for a replica until it serves
  /// @param maxQueued requests that a replica queues
  /// @param skipDays how many days at the beginning are left out
  /// @param days how many; 0: all
  /// @param seed of chance
  /// @param threads that simulate
  /// @param plot where to write the plot
  public record Options(
      @Nullable Path trace,
      String workload,
      double share,
      boolean steps,
      Shape shape,
      List<Double> burstiness,
      double deferrable,
      double windowHours,
      int startSeconds,
      int maxQueued,
      int skipDays,
      int days,
      long seed,
      int threads,
      @Nullable Path plot) {}

  /// Runs it; true if the optimum was beaten by none that kept what is promised.
  public static boolean run(PrintWriter out, Options options) {
    Path trace = options.trace;
    Rates whole =
        trace == null
            ? Rates.week(options.shape, options.seed)
            : Rates.read(trace, options.workload, options.steps);
    Rates all = whole.share(options.share);
    Rates rates = all.days(options.skipDays, options.days > 0 ? options.days : 100_000);
    boolean held = true;
    for (double variation : options.burstiness) {
      Arrivals arrivals = new Arrivals(rates, variation, options.deferrable, options.seed);
      Comparison comparison =
          new Comparison(
              arrivals,
              new Comparison.Setting(
                  options.startSeconds, options.windowHours * 3600, 0, options.maxQueued),
              options.threads);
      assumptions(out, arrivals, comparison.rules());
      out.flush();
      Comparison.Result result = comparison.run();
      table(out, result, rates.seconds() / 86_400.0, options.deferrable > 0);
      byDay(out, result, options.skipDays);
      out.flush();
      plot(out, options, variation, result);
      held &= isUnbeaten(result, comparison.rules());
    }
    return held;
  }

  private static boolean isUnbeaten(Comparison.Result result, Fleet.Rules rules) {
    double allowed = 1 - rules.slo().attainment();
    return result.entries().stream()
        .map(Comparison.Entry::fleet)
        .filter(it -> it.score().missedShare() <= allowed && it.score().batchMissed() == 0)
        .allMatch(it -> it.microsWithRest() >= result.optimum().microsWithRest());
  }

  private static void assumptions(PrintWriter out, Arrivals arrivals, Fleet.Rules rules) {
    Machine machine = rules.machine();
    Rates rates = arrivals.rates();
    out.printf(
        Locale.ROOT,
        "%s: %.1f days in windows of %d s, rates %s, %.1f requests/s on average; gaps vary by %.1f"
            + " (1: Poisson); seed %d%n",
        rates.name(),
        rates.seconds() / 86_400.0,
        rates.windowSeconds(),
        rates.isSteps() ? "jump from window to window" : "change along lines",
        mean(rates),
        arrivals.variation(),
        arrivals.seed());
    out.printf(
        Locale.ROOT,
        "requests: prompts lognormal, mean %.0f, p99 %d tokens; answers lognormal, mean %.0f, p99 %d"
            + " (Azure's conversations of 2023)%n",
        Sizes.CONTEXT.mean(),
        Sizes.CONTEXT.quantileOf(0.99),
        Sizes.GENERATED.mean(),
        Sizes.GENERATED.quantileOf(0.99));
    if (arrivals.deferrable() > 0) {
      out.printf(
          Locale.ROOT,
          "%.0f %% of the requests may wait %.1f hours; they run where nothing else does; dollars"
              + " include what is left of them at the end, at the pace of full replicas%n",
          100 * arrivals.deferrable(),
          rules.batchWindow() / 3600);
    }
    out.printf(
        Locale.ROOT,
        "replica: 70B on 8 GPUs, $%.2f/h, %d s to start, %d sequences, %.0f tokens a step; full it"
            + " makes %.0f answer tokens/s (%.2f requests/s); alone it keeps the promise at %.2f (%.0f"
            + " %%)%n",
        machine.microsPerHour() / 1e6,
        machine.startSeconds(),
        machine.limits().maxSequences(),
        machine.limits().maxBatchedTokens(),
        machine.fullRate(rules.mix()) * rules.mix().outputTokens(),
        machine.fullRate(rules.mix()),
        rules.safe().requestsPerSecond(),
        100 * rules.safe().requestsPerSecond() / machine.fullRate(rules.mix()));
    out.printf(
        Locale.ROOT,
        "promise: first token within %.1f s, %.0f ms per token, %.1f %% of the requests; 1 to %d"
            + " replicas that queue %d each, looks every %d s%n",
        rules.slo().timeToFirstToken(),
        1000 * rules.slo().timePerOutputToken(),
        100 * rules.slo().attainment(),
        rules.most(),
        rules.machine().maxQueued(),
        Fleet.TICK);
  }

  private static double mean(Rates rates) {
    double sum = 0;
    for (int window = 0; window < rates.windows(); window++) {
      sum += rates.mean(window);
    }
    return sum / rates.windows();
  }

  private static void table(
      PrintWriter out, Comparison.Result result, double days, boolean deferrable) {
    out.printf(
        Locale.ROOT,
        "%-20s %11s %8s %9s %9s %9s %9s %8s %8s %9s %9s%s%n",
        "policy",
        "dollars",
        "/optimum",
        "missed %",
        "TTFT %",
        "TPOT %",
        "refused %",
        "p50 TTFT",
        "p99 TTFT",
        "changes/d",
        "replica-h",
        deferrable ? "  late batch %" : "");
    long best = result.optimum().microsWithRest();
    for (Comparison.Entry entry : result.entries()) {
      Score score = entry.fleet().score();
      double of = Math.max(1, score.arrived()) / 100.0;
      out.printf(
          Locale.ROOT,
          "%-20s %11.2f %8.3f %9.3f %9.3f %9.3f %9.3f %8.3f %8.3f %9.1f %9.1f",
          entry.name(),
          entry.fleet().microsWithRest() / 1e6,
          (double) entry.fleet().microsWithRest() / best,
          score.missed() / of,
          score.lateFirst() / of,
          score.latePerToken() / of,
          score.refused() / of,
          score.firstToken(0.5),
          score.firstToken(0.99),
          entry.fleet().changes() / days,
          entry.fleet().paidMillis() / 3_600_000.0);
      if (deferrable) {
        out.printf(
            Locale.ROOT,
            " %12.3f",
            100.0 * score.batchMissed() / Math.max(1, score.batchArrived()));
      }
      out.println();
    }
    out.printf(
        Locale.ROOT,
        "the optimum knows every request beforehand: the cheapest of %d plans by minute that ran and"
            + " missed at most what is allowed. Its work at the pace of full replicas, in fractions of"
            + " replicas and without starts, is $%.2f (%.3f of it)%n%n",
        result.plans(),
        result.leastMicros() / 1e6,
        (double) result.leastMicros() / best);
  }

  /// What the operator's own paid for and missed, day by day.
  private static void byDay(PrintWriter out, Comparison.Result result, int skipped) {
    for (Comparison.Entry entry : result.entries()) {
      List<Integer> paid = entry.fleet().paid();
      if (!entry.name().equals(Comparison.OURS) || paid.size() < 2 * DAY) {
        continue;
      }
      for (int day = 0; day * DAY < paid.size(); day++) {
        int end = Math.min(paid.size(), (day + 1) * DAY);
        double looks = paid.subList(day * DAY, end).stream().mapToInt(Integer::intValue).sum();
        long came = 0;
        long missed = 0;
        int last = Math.min((day + 1) * MINUTES_OF_DAY, end / (HOUR / 60));
        for (int minute = day * MINUTES_OF_DAY; minute < last; minute++) {
          came += entry.fleet().score().arrived(minute);
          missed += entry.fleet().score().misses(minute);
        }
        out.printf(
            Locale.ROOT,
            "%s, day %d: %.1f replica-h, missed %.3f %% of %d%n",
            entry.name(),
            skipped + day + 1,
            looks / HOUR,
            100.0 * missed / Math.max(1, came),
            came);
      }
      out.println();
    }
  }

  private static void plot(
      PrintWriter out, Options options, double variation, Comparison.Result result) {
    Path file = options.plot;
    if (file == null) {
      return;
    }
    Plot.Line best = new Plot.Line(Comparison.OPTIMUM, hourly(result.optimum().paid()));
    List<Plot.Panel> panels = new ArrayList<>();
    for (Comparison.Entry entry : result.entries().subList(1, result.entries().size())) {
      panels.add(
          new Plot.Panel(
              "replicas paid",
              List.of(best, new Plot.Line(entry.name(), hourly(entry.fleet().paid())))));
    }
    Path to =
        options.burstiness.size() == 1
            ? file
            : file.resolveSibling("cv%.1f-%s".formatted(variation, file.getFileName()));
    try {
      Files.writeString(
          to, Plot.draw("replicas by hour, gaps vary by %.1f".formatted(variation), panels));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.println("plot: " + to);
  }

  private static List<Double> hourly(List<Integer> paid) {
    List<Double> hours = new ArrayList<>();
    for (int from = 0; from < paid.size(); from += HOUR) {
      hours.add(
          paid.subList(from, Math.min(paid.size(), from + HOUR)).stream()
              .mapToInt(Integer::intValue)
              .average()
              .orElse(0));
    }
    return hours;
  }
}
