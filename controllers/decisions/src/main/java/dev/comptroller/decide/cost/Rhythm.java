package dev.comptroller.decide.cost;

import dev.comptroller.decide.cost.Exposure.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Prices that come and go again and again: what they will be after the last one that is declared,
/// if they go on as they did.
///
/// The last three turns must have been alike, each price for as long as the one a turn before, and
/// the next change must not be due already. It is a guess to plan by, and no more than that:
/// reserves go by declared prices.
///
/// @param turn the next turn, in order
/// @param lasts how long a turn lasts
public record Rhythm(List<Step> turn, Duration lasts) {
  /// Changes of price that are looked at; a turn has a third of them at most.
  static final int LOOKED_AT = 64;

  /// Changes that are foreseen; after them counts the mean of a turn.
  static final int FORESEEN = 128;

  private static final int TURNS = 3;
  private static final int SHORTEST = 2;

  public Rhythm {
    turn = List.copyOf(turn);
  }

  /// How `known` prices go on after `now`; absent if they do not go on like that.
  ///
  /// @param known past and declared prices, in order
  static @Nullable Rhythm of(List<Step> known, Instant now) {
    List<Step> steps = changes(known);
    int count = steps.size();
    for (int turn = SHORTEST; TURNS * turn <= count; turn++) {
      if (isTurn(steps, turn)) {
        Duration lasts = lasts(steps, count - 1, turn);
        Rhythm next = new Rhythm(later(steps.subList(count - turn, count), lasts), lasts);
        return next.begin().isAfter(now) ? next : null;
      }
    }
    return null;
  }

  /// When the first price begins that is not declared.
  public Instant begin() {
    return turn.getFirst().from();
  }

  /// What is foreseen, in order.
  List<Step> steps() {
    List<Step> all = new ArrayList<>(turn);
    while (all.size() < FORESEEN) {
      all.add(later(all.get(all.size() - turn.size()), lasts));
    }
    List<Step> last = all.subList(all.size() - turn.size(), all.size());
    Step first = last.getFirst();
    Instant end = first.from().plus(lasts);
    Step mean = new Step(end, Exposure.mean(last, first.from(), end, first.rate()));
    all.add(mean);
    return List.copyOf(all);
  }

  private static List<Step> later(List<Step> steps, Duration time) {
    return steps.stream().map(step -> later(step, time)).toList();
  }

  private static Step later(Step step, Duration time) {
    return new Step(step.from().plus(time), step.rate());
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
}
