package dev.comptroller.e2e.simulator.world;

import java.util.List;

/// What clients of a deployment ask for: constant within a step.
public interface Demand {
  /// Requests of one feature.
  ///
  /// @param feature its name
  /// @param kind whether somebody waits for the answer
  /// @param priority which feature is admitted when tokens are short: higher first
  /// @param requests requests a second
  /// @param input mean input tokens
  /// @param output output tokens
  public record Flow(
      String feature, Kind kind, int priority, double requests, double input, Lengths output) {}

  /// Who waits.
  public enum Kind {
    /// Somebody does.
    Interactive,
    /// Somebody does, but it may be moved to the queue.
    Movable,
    /// Nobody: it is queued at once.
    Batch
  }

  /// Seconds of a step; steps begin at multiples of it.
  long step();

  /// What comes in the step that begins at `second`.
  List<Flow> at(long second);
}
