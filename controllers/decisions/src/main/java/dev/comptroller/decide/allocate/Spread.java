package dev.comptroller.decide.allocate;

import dev.comptroller.decide.allocate.Frontier.Cost;
import dev.comptroller.decide.allocate.Frontier.Step;
import dev.comptroller.decide.units.Money;
import java.util.List;
import java.util.function.ToLongFunction;

/// Money spread over time so that it buys most: a step of a [Frontier] is taken where it buys more
/// for a dollar than the steps which the money does not reach, whenever they come.
///
/// There is one price of what is bought, the same at all times, at which the money is just used up.
/// Steps that gain more are taken, steps that gain less are not; those that gain about as much
/// are taken in part, because what they gain is known no better than that.
///
/// @param price the gain of a micro-dollar from which on a step is taken, in part at least; 0 if
///   the money pays for all of them
/// @param margin what the last micro-dollar gains: the mean of the steps that are taken in part
/// @param rates by stretch: what is run in any case, and what is taken
public record Spread(double price, double margin, List<Cost> rates) {
  /// How much more or less a step may really gain than what is known says, as a share of it.
  private static final double TOLERANCE = 0.1;

  private static final int HALVINGS = 60;
  private static final double HOUR = 3600;

  public Spread {
    rates = List.copyOf(rates);
  }

  /// A stretch of time in which always the same is asked for.
  ///
  /// @param seconds how long it is
  /// @param frontiers what money buys in it, of everybody who serves
  public record Stretch(long seconds, List<Frontier> frontiers) {
    public Stretch {
      frontiers = List.copyOf(frontiers);
    }
  }

  /// `money` spread over these stretches.
  public static Spread of(List<Stretch> stretches, Money money) {
    double low = Double.MAX_VALUE;
    double high = 0;
    for (Stretch stretch : stretches) {
      for (Frontier frontier : stretch.frontiers()) {
        for (Step step : frontier.steps()) {
          low = Math.min(low, step.gain());
          high = Math.max(high, step.gain());
        }
      }
    }
    if (high == 0 || cost(stretches, 0) <= money.micros()) {
      return at(stretches, 0);
    }
    double below = Math.log(low / 2);
    double above = Math.log(high * 2);
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (below + above) / 2;
      boolean fits = cost(stretches, Math.exp(middle)) <= money.micros();
      above = fits ? middle : above;
      below = fits ? below : middle;
    }
    return at(stretches, Math.exp(above));
  }

  private static Spread at(List<Stretch> stretches, double price) {
    List<Cost> rates =
        stretches.stream()
            .map(
                each ->
                    new Cost(
                        (long) rate(each, Cost::mean, price),
                        (long) rate(each, Cost::present, price)))
            .toList();
    return new Spread(price * (1 - TOLERANCE), margin(stretches, price), rates);
  }

  private static double margin(List<Stretch> stretches, double price) {
    double gains = 0;
    double weights = 0;
    for (Stretch stretch : stretches) {
      for (Frontier frontier : stretch.frontiers()) {
        for (Step step : frontier.steps()) {
          double part = part(step.gain(), price);
          double weight = part * (1 - part) * step.cost().mean() * stretch.seconds();
          gains += weight * step.gain();
          weights += weight;
        }
      }
    }
    return weights > 0 ? gains / weights : price;
  }

  private static double cost(List<Stretch> stretches, double price) {
    double sum = 0;
    for (Stretch stretch : stretches) {
      sum += rate(stretch, Cost::mean, price) * stretch.seconds() / HOUR;
    }
    return sum;
  }

  /// Micro-dollars an hour in a stretch at a price.
  private static double rate(Stretch stretch, ToLongFunction<Cost> of, double price) {
    double rate = 0;
    for (Frontier frontier : stretch.frontiers()) {
      rate += of.applyAsLong(frontier.least());
      for (Step step : frontier.steps()) {
        rate += of.applyAsLong(step.cost()) * part(step.gain(), price);
      }
    }
    return rate;
  }

  /// How much of a step is taken.
  private static double part(double gain, double price) {
    return price == 0 ? 1 : Math.clamp((gain / price - 1 + TOLERANCE) / (2 * TOLERANCE), 0.0, 1.0);
  }
}
