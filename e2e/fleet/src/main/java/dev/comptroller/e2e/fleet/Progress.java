package dev.comptroller.e2e.fleet;

import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;

/// Says what is being done while somebody waits.
@FunctionalInterface
public interface Progress {
  /// Says one line.
  void say(String line);

  /// Lines with the seconds that have passed since now.
  static Progress timed(PrintStream out, InstantSource clock) {
    var start = clock.instant();
    return line -> {
      double seconds = Duration.between(start, clock.instant()).toMillis() / 1000.0;
      out.println(String.format(Locale.ROOT, "[%6.1f s] %s", seconds, line));
      out.flush();
    };
  }
}
