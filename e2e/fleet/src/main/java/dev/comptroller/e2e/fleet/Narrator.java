package dev.comptroller.e2e.fleet;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Waits for what is to happen on a fleet, and tells what changes meanwhile.
final class Narrator {
  private final LocalFleet fleet;
  private final PrintStream out;
  private final Duration patience;
  private final Duration look;
  private final String[] diagnosis;
  private final Map<String, String> said = new HashMap<>();
  private Instant began = Instant.EPOCH;

  /// @param patience how long anything may take
  /// @param look time between two looks
  /// @param diagnosis arguments of `kubectl` that show why something did not happen
  Narrator(
      LocalFleet fleet, PrintStream out, Duration patience, Duration look, String... diagnosis) {
    this.fleet = fleet;
    this.out = out;
    this.patience = patience;
    this.look = look;
    this.diagnosis = diagnosis;
  }

  /// Times count from now on.
  void begin() {
    began = Instant.now();
  }

  /// Looks until `done`, and calls `narrate` at every look.
  void until(String what, Runnable narrate, BooleanSupplier done) {
    Instant deadline = Instant.now().plus(patience);
    while (true) {
      narrate.run();
      if (done.getAsBoolean()) {
        return;
      }
      if (Instant.now().isAfter(deadline)) {
        throw new FleetException(
            "%s: not after %d s\n%s"
                .formatted(
                    what,
                    patience.toSeconds(),
                    fleet.kubectl().attempt(diagnosis).output().indent(2)));
      }
      try {
        Thread.sleep(look);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FleetException("interrupted", e);
      }
    }
  }

  /// Tells `line` unless it was the last that was told of `key`.
  void tell(String key, String line) {
    tell(key, line, line);
  }

  /// Tells `line` unless `figure` was the last that was told of `key`.
  void tell(String key, String line, String figure) {
    if (!figure.equals(said.put(key, figure))) {
      out.println(
          String.format(
              Locale.ROOT,
              "  %5.1f s  %s",
              Duration.between(began, Instant.now()).toMillis() / 1e3,
              line));
      out.flush();
    }
  }
}
