package dev.comptroller.decide.heat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a heat ladder does now, and why.
///
/// @param state what to remember until the next look
/// @param changes what changes now: steps that end, hottest first, then steps that are taken,
///   coolest first
/// @param steps every step as it now stands, coolest first
/// @param wake when to look again although nothing new was heard; absent if there is no need
public record HeatVerdict(
    HeatState state, List<Change> changes, List<Standing> steps, @Nullable Instant wake) {
  public HeatVerdict {
    changes = List.copyOf(changes);
    steps = List.copyOf(steps);
  }

  /// A change of a step.
  public sealed interface Change {
    /// The step's action.
    HeatAction action();

    /// The figures behind it.
    String message();
  }

  /// The action of `step` is in force from now on.
  public record Taken(HeatStep step, String message) implements Change {
    @Override
    public HeatAction action() {
      return step.action();
    }
  }

  /// The action is no longer in force.
  public record Ended(HeatAction action, String message) implements Change {}

  /// A step as it stands.
  ///
  /// @param step the step
  /// @param inForce whether its action is in force
  /// @param since since when; absent if it never changed
  /// @param due when it changes if heat stays as it is; absent if it would not
  /// @param message the figures behind it
  public record Standing(
      HeatStep step,
      boolean inForce,
      @Nullable Instant since,
      @Nullable Instant due,
      String message) {
    /// How long until it changes if heat stays as it is; absent if it would not.
    public Optional<Duration> left(Instant now) {
      return Optional.ofNullable(due).map(at -> Duration.between(now, at));
    }
  }

  /// When to look again although nothing new was heard.
  public Optional<Instant> wakeAt() {
    return Optional.ofNullable(wake);
  }

  /// The steps in force, coolest first.
  public List<HeatStep> inForce() {
    return steps.stream().filter(Standing::inForce).map(Standing::step).toList();
  }

  /// How many steps with this action are in force: for `Downgrade`, how many rungs lower.
  public int depth(HeatAction action) {
    return (int) inForce().stream().filter(step -> step.action() == action).count();
  }

  /// The lowest limit of the steps in force with this action; absent if there is none.
  public OptionalLong limit(HeatAction action) {
    return inForce().stream()
        .filter(step -> step.action() == action && action.isLimit())
        .mapToLong(HeatStep::limit)
        .min();
  }
}
