package dev.comptroller.engine;

/// The engine loop at an instant; consistent within one loop turn.
///
/// @param state whether it takes work
/// @param interactive the interactive requests
/// @param batch the batch requests
/// @param kvUsed cells in use
/// @param kvTotal cells that exist
/// @param stalledNanos how long there has been work without token progress; 0 when there is none
public record LoopSnapshot(
    LoopState state, Load interactive, Load batch, int kvUsed, int kvTotal, long stalledNanos) {
  /// The requests of one class.
  ///
  /// @param running sequences that hold a slot
  /// @param waiting requests that wait for one
  /// @param preemptions how often a sequence lost its slot to another and is computed again
  public record Load(int running, int waiting, long preemptions) {
    /// Nothing.
    public static final Load NONE = new Load(0, 0, 0);
  }

  /// Sequences that hold a slot.
  public int running() {
    return interactive.running() + batch.running();
  }

  /// Requests that wait for a slot.
  public int waiting() {
    return interactive.waiting() + batch.waiting();
  }

  /// How often a sequence lost its slot to another and is computed again.
  public long preemptions() {
    return interactive.preemptions() + batch.preemptions();
  }

  /// The part of the cells that is used, 0 to 1.
  public double kvUsage() {
    return kvTotal == 0 ? 0 : (double) kvUsed / kvTotal;
  }
}
