package dev.comptroller.decide.allocate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What more money buys at a demand: the ways to serve it that nothing between two others beats,
/// from the least on. Every step up buys less for a dollar than the one before it.
///
/// @param least what is run in any case
/// @param steps what may come on top, in this order
public record Frontier(Cost least, List<Step> steps) {
  public Frontier {
    steps = List.copyOf(steps);
  }

  /// Micro-dollars an hour.
  ///
  /// @param mean on average
  /// @param present at the present demand
  public record Cost(long mean, long present) {
    /// What always costs the same.
    public static Cost always(long micros) {
      return new Cost(micros, micros);
    }

    Cost minus(Cost other) {
      return new Cost(mean - other.mean, present - other.present);
    }
  }

  /// A way to serve.
  ///
  /// @param cost what it costs
  /// @param worth tokens a second that it serves, times their quality
  public record Way(Cost cost, double worth) {
    private long mean() {
      return cost.mean();
    }
  }

  /// More money for more worth.
  ///
  /// @param cost how much more
  /// @param gain worth of each micro-dollar an hour that it costs more on average
  public record Step(Cost cost, double gain) {}

  /// The frontier of `ways` from `least` on, which is run in any case.
  public static Frontier of(Way least, List<Way> ways) {
    List<Step> steps = new ArrayList<>();
    Way at = least;
    @Nullable Way next = next(at, ways);
    while (next != null) {
      steps.add(new Step(next.cost().minus(at.cost()), gain(at, next)));
      at = next;
      next = next(at, ways);
    }
    return new Frontier(least.cost(), steps);
  }

  /// The way that buys most for a dollar more than `at`, of equals the dearest.
  private static @Nullable Way next(Way at, List<Way> ways) {
    @Nullable Way best = null;
    for (Way way : ways) {
      if (way.mean() <= at.mean() || way.worth() <= at.worth()) {
        continue;
      }
      double gain = gain(at, way);
      double most = best == null ? -1 : gain(at, best);
      if (gain > most || (best != null && gain == most && way.mean() > best.mean())) {
        best = way;
      }
    }
    return best;
  }

  private static double gain(Way from, Way to) {
    return (to.worth() - from.worth()) / (to.mean() - from.mean());
  }
}
