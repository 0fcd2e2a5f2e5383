package dev.comptroller.e2e.simulator.autoscale;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Runs fleets side by side over the same requests, so that these are drawn once.
final class Race {
  private final Arrivals arrivals;
  private final int threads;

  Race(Arrivals arrivals, int threads) {
    this.arrivals = arrivals;
    this.threads = threads;
  }

  /// From the first window to the last, and until everything that came is served.
  void run(List<Fleet> fleets) {
    run(fleets, 0, arrivals.rates().windows());
  }

  /// From window `from` to window `to` without it.
  void run(List<Fleet> fleets, int from, int to) {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int index = from; index < to; index++) {
        Arrivals.Chunk chunk = arrivals.window(index);
        double until = (double) (index + 1) * arrivals.rates().windowSeconds();
        all(pool, fleets, fleet -> fleet.run(chunk, until));
      }
      all(pool, fleets, Fleet::end);
    }
  }

  private interface Part {
    void of(Fleet fleet);
  }

  private void all(ExecutorService pool, List<Fleet> fleets, Part part) {
    if (threads == 1) {
      fleets.forEach(part::of);
      return;
    }
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (Fleet fleet : fleets) {
      tasks.add(
          () -> {
            part.of(fleet);
            return true;
          });
    }
    try {
      for (Future<Boolean> done : pool.invokeAll(tasks)) {
        done.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while %d fleets ran".formatted(tasks.size()), e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a fleet broke: " + e.getCause(), e);
    }
  }
}
