package dev.comptroller.decide.heat;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a heat ladder has to remember between two looks.
///
/// @param periodStart start of the latest period seen
/// @param steps steps by key; a step that is not in it was never hot
public record HeatState(Instant periodStart, SortedMap<StepName, StepPast> steps) {
  /// Nothing seen yet.
  public static final HeatState EMPTY = new HeatState(Instant.MIN, new TreeMap<>());

  public HeatState {
    steps = Collections.unmodifiableSortedMap(new TreeMap<>(steps));
  }

  /// What is remembered of these steps.
  public static HeatState of(Instant periodStart, Map<StepName, StepPast> steps) {
    return new HeatState(periodStart, new TreeMap<>(steps));
  }

  /// Names a step: the `ordinal`-th of the ladder with this action, from 0.
  ///
  /// A step keeps its name when its figures are edited, so that an edit alone ends nothing.
  public record StepName(HeatAction action, int ordinal) implements Comparable<StepName> {
    private static final Comparator<StepName> ORDER =
        Comparator.comparing(StepName::action).thenComparingInt(StepName::ordinal);

    @Override
    public int compareTo(StepName other) {
      return ORDER.compare(this, other);
    }
  }

  /// A step's past.
  ///
  /// @param inForce whether its action is in force
  /// @param since when that last changed; absent if it never did
  /// @param beyond since when heat is where that would change; absent if it is not there
  public record StepPast(boolean inForce, @Nullable Instant since, @Nullable Instant beyond) {
    static final StepPast FRESH = new StepPast(false, null, null);

    /// The same past for a clock that was set back to `now`: waiting starts again, so that nothing
    /// changes sooner than it should.
    StepPast notAfter(Instant now) {
      return new StepPast(inForce, earlier(since, now), earlier(beyond, now));
    }

    StepPast waitingSince(@Nullable Instant instant) {
      return new StepPast(inForce, since, instant);
    }

    private static @Nullable Instant earlier(@Nullable Instant instant, Instant now) {
      return instant != null && instant.isAfter(now) ? now : instant;
    }
  }
}
