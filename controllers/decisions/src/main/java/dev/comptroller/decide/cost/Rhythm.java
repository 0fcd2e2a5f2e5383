package dev.comptroller.decide.cost;

import dev.comptroller.decide.cost.Exposure.Step;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Prices that come and go again and again: what they will be after the last one that is declared,
/// if they go on as they did.
///
/// The last three turns must have been alike, each price for as long as the one a turn before. It
/// is
/// a guess to plan by, and no more than that: what is reserved goes by declared prices.
final class Rhythm {
  /// Changes of price that are looked at; a turn has a third of them at most.
  static final int LOOKED_AT = 64;

  /// Changes that are foreseen; after them counts the mean of a turn.
  static final int FORESEEN = 128;

  private static final int TURNS = 3;
  private static final int SHORTEST = 2;

  private Rhythm() {}

  /// What comes after `known`; nothing if they do not go on like that.
  ///
  /// @param known past and declared prices, in order
  static List<Step> after(List<Step> known) {
    List<Step> steps = changes(known);
    for (int turn = SHORTEST; TURNS * turn <= steps.size(); turn++) {
      if (isTurn(steps, turn)) {
        return goingOn(steps, turn);
      }
    }
    return List.of();
  }

  /// Those that change anything.
  private static List<Step> changes(List<Step> known) {
    List<Step> steps = new ArrayList<>();
    for (Step step : known) {
      if (steps.isEmpty() || !steps.getLast().rate().equals(step.rate())) {
        steps.add(step);
      }
    }
    return steps;
  }

  private static boolean isTurn(List<Step> steps, int turn) {
    int last = steps.size() - 1;
    Duration lasts = lasts(steps, last, turn);
    for (int i = last; i > last - (TURNS - 1) * turn; i--) {
      boolean same = steps.get(i).rate().equals(steps.get(i - turn).rate());
      if (!same || !lasts(steps, i, turn).equals(lasts)) {
        return false;
      }
    }
    return true;
  }

  /// How long before the `i`-th step the one a turn before it began.
  private static Duration lasts(List<Step> steps, int i, int turn) {
    return Duration.between(steps.get(i - turn).from(), steps.get(i).from());
  }

  private static List<Step> goingOn(List<Step> steps, int turn) {
    int known = steps.size();
    Duration lasts = lasts(steps, known - 1, turn);
    List<Step> all = new ArrayList<>(steps);
    while (all.size() < known + FORESEEN) {
      Step before = all.get(all.size() - turn);
      all.add(new Step(before.from().plus(lasts), before.rate()));
    }
    Instant end = all.get(all.size() - turn).from().plus(lasts);
    all.add(new Step(end, mean(all.subList(all.size() - turn, all.size()), end)));
    return List.copyOf(all.subList(known, all.size()));
  }

  /// Dollars an hour on average from the first of these steps until `end`.
  private static HourlyRate mean(List<Step> steps, Instant end) {
    BigInteger sum = BigInteger.ZERO;
    for (int i = 0; i < steps.size(); i++) {
      Instant until = i + 1 < steps.size() ? steps.get(i + 1).from() : end;
      sum =
          sum.add(
              BigInteger.valueOf(steps.get(i).rate().microsPerHour())
                  .multiply(seconds(steps.get(i).from(), until)));
    }
    return new HourlyRate(sum.divide(seconds(steps.getFirst().from(), end)).longValueExact());
  }

  private static BigInteger seconds(Instant from, Instant until) {
    return BigInteger.valueOf(Duration.between(from, until).toSeconds());
  }
}
