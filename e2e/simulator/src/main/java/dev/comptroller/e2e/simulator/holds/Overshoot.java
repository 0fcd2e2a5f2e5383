package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Many small races for a limit.
public final class Overshoot {
  /// Holds that expire under a running request are errors to a gateway, and what is tried here.
  private static final Logger ERRORS = Logger.getLogger("dev.comptroller.gateway.money");

  private Overshoot() {}

  /// What was run.
  ///
  /// @param operations that changed the ledger
  /// @param deaths of the gateway
  public record Result(long trials, long operations, long deaths) {}

  /// Runs trials, the first of them with a seed and each with the next one.
  ///
  /// @throws IllegalStateException if a promise is broken; it names the seed
  public static Result run(long seed, long trials) {
    ERRORS.setLevel(Level.OFF);
    long operations = 0;
    long deaths = 0;
    for (long trial = 0; trial < trials; trial++) {
      try {
        Trial over = new Trial(seed + trial).run();
        operations += over.operations();
        deaths += over.deaths();
      } catch (RuntimeException | LedgerUnavailable e) {
        throw new IllegalStateException(
            "seed %d (--suite overshoot --seed %d --trials 1): %s"
                .formatted(seed + trial, seed + trial, e.getMessage()),
            e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
    return new Result(trials, operations, deaths);
  }
}
