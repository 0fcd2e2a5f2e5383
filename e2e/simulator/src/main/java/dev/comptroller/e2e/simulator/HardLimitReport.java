package dev.comptroller.e2e.simulator;

import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.e2e.simulator.control.Broken;
import dev.comptroller.e2e.simulator.scenario.HardLimit;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/// Runs worlds of [HardLimit], one after the other or some at once, and says what came of them in
/// the order of their seeds.
final class HardLimitReport {
  private static final double WANTED = 0.95;

  private final PrintWriter out;
  private final List<HardLimit.Result> results = new ArrayList<>();
  private int broken;

  HardLimitReport(PrintWriter out) {
    this.out = out;
  }

  /// A world that is over: what came of it, or what it broke.
  private sealed interface World {}

  private record Kept(long seed, HardLimit.Result result) implements World {}

  private record Lost(Broken broken) implements World {}

  /// Whether no invariant was broken and every world served enough.
  boolean isKept() {
    return broken == 0
        && results.stream().allMatch(each -> each.calm() == 0 || each.calmDays().share() >= WANTED);
  }

  void run(long seed, long worlds, int days, int threads) {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Deque<Future<World>> ahead = new ArrayDeque<>();
      for (long world = seed; world < seed + worlds; world++) {
        long own = world;
        ahead.add(pool.submit(() -> world(own, days)));
        if (ahead.size() > 2 * threads) {
          print(ahead.remove().get());
        }
      }
      while (!ahead.isEmpty()) {
        print(ahead.remove().get());
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped after %d worlds".formatted(results.size()), stopped);
    } catch (ExecutionException failed) {
      throw new IllegalStateException("a world failed: " + failed.getCause(), failed);
    }
    all();
  }

  private static World world(long seed, int days) {
    try {
      return new Kept(seed, HardLimit.run(seed, days, MoneyLoop::decide));
    } catch (Broken broken) {
      return new Lost(broken);
    }
  }

  private void print(World world) {
    switch (world) {
      case Kept(long seed, HardLimit.Result result) -> {
        results.add(result);
        out.printf(
            "seed %d: %d days, %d without an outage: %.1f %% of the oracle's tokens, %.1f %% of"
                + " foresight's; with outages %.1f %% and %.1f %%; %.2f %% of the money used, X at most $%s, an outage cost up to $%s and an undeclared rise $%s"
                + " past the limit; %d crashes, %d failed starts, %d lost nodes, %d checks%n",
            seed,
            result.days(),
            result.calm(),
            100 * result.calmDays().share(),
            100 * result.calmDays().shareOfForesight(),
            100 * result.allDays().share(),
            100 * result.allDays().shareOfForesight(),
            100 * result.used(),
            Suite.dollars(result.maxReserveMicros()),
            Suite.dollars(result.overrunMicros()),
            Suite.dollars(result.riseMicros()),
            result.crashes(),
            result.failedStarts(),
            result.lostNodes(),
            result.checks());
      }
      case Lost(Broken why) -> {
        broken++;
        out.println(why.getMessage());
      }
    }
    out.flush();
  }

  private void all() {
    out.printf(
        "all: %d worlds, %d days, %d checks, %d broken%n",
        results.size() + broken,
        results.stream().mapToLong(HardLimit.Result::days).sum(),
        results.stream().mapToLong(HardLimit.Result::checks).sum(),
        broken);
    if (results.isEmpty()) {
      return;
    }
    shares("the oracle's", HardLimit.Served::share);
    shares("foresight's", HardLimit.Served::shareOfForesight);
    out.printf(
        "at most: X $%s, $%s past the limit by an outage, $%s by an undeclared rise%n",
        Suite.dollars(largest(HardLimit.Result::maxReserveMicros)),
        Suite.dollars(largest(HardLimit.Result::overrunMicros)),
        Suite.dollars(largest(HardLimit.Result::riseMicros)));
  }

  /// Shares of all worlds on days without an outage, and of all their tokens together.
  private void shares(String of, ToDoubleFunction<HardLimit.Served> share) {
    List<Double> sorted =
        results.stream()
            .filter(each -> each.calm() > 0)
            .map(each -> share.applyAsDouble(each.calmDays()))
            .sorted()
            .toList();
    if (sorted.isEmpty()) {
      return;
    }
    out.printf(
        "tokens of a world as a share of %s (wanted: %.0f %%): %.1f %% at least, %.1f %% in 95 of"
            + " 100 worlds, %.1f %% in half of them, %.1f %% at most, under %.0f %% in %d of %d;"
            + " of all worlds together %.1f %%, with days of outages %.1f %%%n",
        of,
        100 * WANTED,
        100 * sorted.getFirst(),
        100 * sorted.get(sorted.size() / 20),
        100 * sorted.get(sorted.size() / 2),
        100 * sorted.getLast(),
        100 * WANTED,
        sorted.stream().filter(each -> each < WANTED).count(),
        sorted.size(),
        100 * share.applyAsDouble(sum(HardLimit.Result::calmDays)),
        100 * share.applyAsDouble(sum(HardLimit.Result::allDays)));
  }

  private HardLimit.Served sum(Function<HardLimit.Result, HardLimit.Served> days) {
    return results.stream()
        .map(days)
        .reduce(new HardLimit.Served(0, 0, 0, 0), HardLimit.Served::plus);
  }

  private long largest(ToLongFunction<HardLimit.Result> figure) {
    return results.stream().mapToLong(figure).max().orElse(0);
  }
}
