package dev.comptroller.decide.heat;

import java.time.Duration;
import java.util.Comparator;

/// One step of the heat ladder.
///
/// @param at percent of heat from which the action is taken, 1 or more
/// @param of the heat that it looks at
/// @param action what is done
/// @param limit output tokens of a request for `CapOutput`, tokens a minute for `Throttle`, else 0
/// @param dwell how long heat must stay on one side before the action is taken or ended
/// @param release percent of heat under which the action ends; 0 means not before the period does
public record HeatStep(
    int at, HeatSource of, HeatAction action, long limit, Duration dwell, int release) {
  /// The dwell where none is declared.
  public static final Duration DEFAULT_DWELL = Duration.ofMinutes(5);

  /// Coolest first; of equally hot steps the mildest, then by every other figure, so that the
  /// order of a ladder does not depend on how it was written down.
  static final Comparator<HeatStep> ORDER =
      Comparator.comparingInt(HeatStep::at)
          .thenComparing(HeatStep::action)
          .thenComparing(HeatStep::of)
          .thenComparingInt(HeatStep::release)
          .thenComparing(HeatStep::dwell)
          .thenComparingLong(HeatStep::limit);

  public HeatStep {
    if (at < 1) {
      throw new IllegalArgumentException("at is %d percent, not 1 or more".formatted(at));
    }
    if (release < 0 || release >= at) {
      throw new IllegalArgumentException(
          "release is %d percent: need 0 or more and less than at, which is %d"
              .formatted(release, at));
    }
    if (dwell.isNegative()) {
      throw new IllegalArgumentException("dwell is %s, not zero or more".formatted(dwell));
    }
    if (action.isLimit() && limit < 1) {
      throw new IllegalArgumentException(
          "%s has the limit %d: give 1 or more tokens".formatted(action, limit));
    }
    if (!action.isLimit() && limit != 0) {
      throw new IllegalArgumentException(
          "%s has the limit %d: only CapOutput and Throttle have one".formatted(action, limit));
    }
  }

  /// The release where none is declared: 5 below `at`, but 1 where that would never be reached.
  public static int defaultRelease(int at) {
    return Math.min(at - 1, Math.max(1, at - 5));
  }

  /// Whether `heat` is where the action is taken.
  boolean isHot(Heat heat) {
    return heat.percent(of) >= at;
  }

  /// Whether `heat` is where the action ends.
  boolean isCold(Heat heat) {
    return heat.percent(of) < release;
  }

  /// Whether `without`, the heat without the step, lets it end: nearer to its release than to where
  /// it would be taken again.
  public boolean isColdWithout(Heat without) {
    return 2L * without.percent(of) < (long) at + release;
  }

  /// `heat 83 % of forecast, at 80 %, release 70 %`.
  String figures(Heat heat) {
    return "heat %d %% of %s, at %d %%, release %d %%"
        .formatted(heat.percent(of), of.words(), at, release);
  }
}
