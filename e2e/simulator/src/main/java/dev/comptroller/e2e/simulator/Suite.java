package dev.comptroller.e2e.simulator;

import dev.comptroller.decide.loop.MoneyLoop;
import java.io.PrintWriter;

/// Worlds that put the promises to the test, in full size.
public enum Suite {
  /// A hard limit in a world where everything goes wrong.
  HardLimit;

  /// Runs it; true if it holds.
  boolean run(PrintWriter out, long seed, int days) {
    return switch (this) {
      case HardLimit -> {
        var r = dev.comptroller.e2e.simulator.scenario.HardLimit.run(seed, days == 0 ? 100 : days, MoneyLoop::decide);
        out.println(r);
        yield r.share() >= 0.95;
      }
    };
  }
}
