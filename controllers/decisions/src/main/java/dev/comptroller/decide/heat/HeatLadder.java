package dev.comptroller.decide.heat;

import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.heat.HeatState.StepPast;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The declared steps of a budget, coolest first, as a pure state machine.
///
/// Rules:
///
/// 1. A step is *due* to be taken when its heat has been at or above `at` for `dwell`, and to be
///    ended when it has been under `release` for `dwell`. Between two looks heat counts as staying
///    where the earlier one saw it.
/// 2. A step that is due takes the steps before it along: what is in force is always the cool end
///    of the ladder. A jump over several steps takes them all at one look.
/// 3. A step ends only after the steps behind it, and not while one of them is hot: the way back
///    is the way up in reverse.
/// 4. Two changes of one step are at least `dwell` apart, whatever heat does. So a step may wait
///    for a cooler one that ended less than its own dwell ago.
/// 5. With a new period everything is judged anew: a step whose heat is under `at` ends at once,
///    within rules 3 and 4; what the new figures call for stays; waiting starts again.
/// 6. What an action does cools the budget, so that its end may heat it again. A step ends only if
///    heat would be under `release` without it too; `unless` says how hot that would be.
/// 7. A clock that is set back starts waiting again and opens no period a second time.
///
/// Steps in any order are put in order: by `at`, then the mildest first.
///
/// @param steps coolest first
public record HeatLadder(List<HeatStep> steps) {
  /// No steps.
  public static final HeatLadder EMPTY = new HeatLadder(List.of());

  public HeatLadder {
    List<HeatStep> sorted = new ArrayList<>(steps);
    sorted.sort(HeatStep.ORDER);
    steps = List.copyOf(sorted);
  }

  /// What to do at `now`, given what was remembered of the last look.
  public HeatVerdict next(HeatState state, Heat heat, Instant now) {
    return next(state, heat, _ -> heat, now);
  }

  /// What to do at `now`, given what was remembered of the last look.
  ///
  /// @param unless how hot the budget would run if a step that is in force ended
  public HeatVerdict next(
      HeatState state, Heat heat, Function<StepName, Heat> unless, Instant now) {
    return new Look(this, state, heat, unless, now).verdict();
  }

  /// The steps that are in force as far as is remembered, coolest first.
  public List<HeatStep> inForce(HeatState state) {
    List<StepName> keys = keys();
    List<HeatStep> force = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      if (state.steps().getOrDefault(keys.get(i), StepPast.FRESH).inForce()) {
        force.add(steps.get(i));
      }
    }
    return List.copyOf(force);
  }

  List<StepName> keys() {
    Map<HeatAction, Integer> seen = new EnumMap<>(HeatAction.class);
    List<StepName> keys = new ArrayList<>();
    for (HeatStep step : steps) {
      int ordinal = seen.merge(step.action(), 1, Integer::sum) - 1;
      keys.add(new StepName(step.action(), ordinal));
    }
    return keys;
  }

  /// The past of every step, in ladder order.
  List<StepPast> past(HeatState state, Instant now) {
    List<StepPast> past = new ArrayList<>();
    for (StepName key : keys()) {
      past.add(state.steps().getOrDefault(key, StepPast.FRESH).notAfter(now));
    }
    return past;
  }

  /// A duration as people write it: `1h30m`, `5m`, `45s`.
  public static String print(Duration duration) {
    StringBuilder text = new StringBuilder();
    if (duration.toHours() > 0) {
      text.append(duration.toHours()).append('h');
    }
    if (duration.toMinutesPart() > 0) {
      text.append(duration.toMinutesPart()).append('m');
    }
    if (duration.toSecondsPart() > 0 || text.isEmpty()) {
      text.append(duration.toSecondsPart()).append('s');
    }
    return text.toString();
  }
}
