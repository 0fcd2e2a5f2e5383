package dev.comptroller.e2e.simulator;

import dev.comptroller.e2e.simulator.scenario.Ceilings;
import java.io.PrintWriter;
import java.util.Arrays;

/// What came of worlds in which a pool has a ceiling in dollars an hour.
final class CeilingReport {
  private static final double GOAL = 0.95;

  private CeilingReport() {}

  /// Runs them; true if the ceiling was kept in all, and the goal reached over all of them.
  static boolean run(PrintWriter out, long seed, int worlds, int days) {
    double[] shares = new double[worlds];
    double served = 0;
    double possible = 0;
    long checks = 0;
    long planned = 0;
    long longest = 0;
    for (int i = 0; i < worlds; i++) {
      Ceilings.Result result = Ceilings.run(seed + i, days);
      shares[i] = result.share();
      served += result.served();
      possible += result.possible();
      checks += result.checks();
      planned += result.plannedAbove();
      longest = Math.max(longest, result.longestAbove());
      out.printf(
          "seed %d, %d days: $%.2f; above the ceiling for %d s at most; tokens %.2f %% of what it"
              + " pays for, %.2f %% of what was asked%s%n",
          seed + i,
          days,
          result.microDollars() / 1e6,
          result.longestAbove(),
          100 * result.share(),
          100 * result.served() / result.asked(),
          result.isKept() ? "" : " (ceiling broken)");
      out.flush();
    }
    Arrays.sort(shares);
    long below = Arrays.stream(shares).filter(share -> share < GOAL).count();
    out.printf(
        "%d decisions, %d that added a node beyond the ceiling; above it for %d s at most after a"
            + " price that nobody declared (control interval %d s); tokens %.2f %% of what the"
            + " ceiling pays for, median %.2f, least %.2f, %d of %d under %.0f%n",
        checks,
        planned,
        longest,
        Ceilings.CONTROL_INTERVAL,
        100 * served / possible,
        100 * shares[worlds / 2],
        100 * shares[0],
        below,
        worlds,
        100 * GOAL);
    return planned == 0 && longest <= Ceilings.CONTROL_INTERVAL && served >= GOAL * possible;
  }
}
