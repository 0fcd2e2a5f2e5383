package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.e2e.simulator.input.Trace;
import java.io.PrintWriter;

/// The suites of holds, told line by line.
public final class HoldSuites {
  private static final long[] TIMES = {1, 3, 5};
  private static final double MOST_STRANDED = 1.10;
  private static final double MOST_MISSED = 0.001;

  private HoldSuites() {}

  /// What holds strand on a trace; true if little enough, whatever output costs beside input.
  public static boolean stranding(PrintWriter out, Trace trace) {
    boolean held = true;
    for (boolean whole : new boolean[] {false, true}) {
      for (long times : TIMES) {
        Stranding.Result result =
            Stranding.run(trace, Stranding.price(times), whole, Stranding.LIMIT_PERCENT);
        boolean good =
            whole || (result.ratio() <= MOST_STRANDED && result.missedShare() <= MOST_MISSED);
        held &= good;
        out.printf(
            "%s holds, output at %d times the price of input: held / spent in flight %.3f (%.3f of it"
                + " for inputs before they are read), %.2f extensions a request; of %d requests that"
                + " an oracle answers whole %d were refused or cut (%.3f %%); %d refused, %d cut in"
                + " all, %.3f %% of the limit used%s%n",
            whole ? "full" : "sliced",
            times,
            result.ratio(),
            result.unread(),
            result.extensions(),
            result.served(),
            result.missed(),
            100 * result.missedShare(),
            result.refused(),
            result.cut(),
            100 * result.used(),
            good ? "" : " (short of the goal)");
        out.flush();
      }
    }
    return held;
  }

  /// Many small races for a limit; true if nothing was ever overspent.
  public static boolean overshoot(PrintWriter out, long seed, long trials) {
    try {
      Overshoot.Result result = Overshoot.run(seed, trials);
      out.printf(
          "%d trials from seed %d, %d ledger entries, the gateway died %d times: 0 micro-dollars over"
              + " a limit, nothing charged twice, nothing acknowledged lost; with full holds exactly"
              + " k of price limit / k%n",
          result.trials(), seed, result.operations(), result.deaths());
      return true;
    } catch (IllegalStateException broken) {
      out.println(broken.getMessage());
      return false;
    }
  }
}
