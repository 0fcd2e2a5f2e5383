package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Demand.Flow;
import dev.comptroller.e2e.simulator.world.Demand.Kind;
import dev.comptroller.e2e.simulator.world.Lengths;
import dev.comptroller.e2e.simulator.world.Speed;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;

/// Shapes of demand, by time of day.
public final class Demands {
  private static final double DAY = 86_400;

  private Demands() {}

  /// Requests whose rate is a function of the second, of one feature or of some.
  ///
  /// @param step seconds in which the rate is constant
  /// @param rate requests a second
  /// @param mix tokens of a request; outputs are spread as a memoryless process spreads them
  /// @param movable percent of the requests that may be moved to the queue
  /// @param batch percent of the requests that nobody waits for
  public static Demand of(
      long step, LongToDoubleFunction rate, Speed.Mix mix, int movable, int batch) {
    Lengths lengths = Lengths.exponential(mix.output());
    return new Demand() {
      @Override
      public long step() {
        return step;
      }

      @Override
      public List<Flow> at(long second) {
        double all = rate.applyAsDouble(second / step * step);
        List<Flow> flows = new ArrayList<>();
        add(flows, "chat", Kind.Interactive, 200, all * (100 - movable - batch) / 100);
        add(flows, "report", Kind.Movable, 100, all * movable / 100);
        add(flows, "nightly", Kind.Batch, 50, all * batch / 100);
        return flows;
      }

      private void add(List<Flow> flows, String feature, Kind kind, int priority, double requests) {
        if (requests > 0) {
          flows.add(new Flow(feature, kind, priority, requests, mix.input(), lengths));
        }
      }
    };
  }

  /// The same at any time.
  public static LongToDoubleFunction flat(double rate) {
    return _ -> rate;
  }

  /// A daily curve with this mean: lowest at four in the morning, highest at four in the
  /// afternoon, `swing` of the mean up and down.
  public static LongToDoubleFunction daily(double mean, double swing) {
    return second -> mean * (1 - swing * Math.cos(2 * Math.PI * (second % DAY / DAY - 1 / 6.0)));
  }

  /// A square wave: `high` in the first half of each period, `low` in the second.
  public static LongToDoubleFunction square(double low, double high, long period) {
    return second -> second % period < period / 2 ? high : low;
  }

  /// `base`, and in about one hour of `every` a burst of `factor` times that.
  public static LongToDoubleFunction bursty(
      LongToDoubleFunction base, long seed, int every, double factor) {
    return second -> {
      SplittableRandom hour = new SplittableRandom(seed * 1_000_003 + second / 3600);
      boolean bursts = hour.nextInt(every) == 0;
      return base.applyAsDouble(second) * (bursts ? factor : 1);
    };
  }

  /// `base`, growing by `factor` in all over `seconds` from `start` on.
  public static LongToDoubleFunction growing(
      LongToDoubleFunction base, long start, long seconds, double factor) {
    return second ->
        base.applyAsDouble(second)
            * (1 + (factor - 1) * Math.clamp((second - start) / (double) seconds, 0, 1));
  }
}
