package dev.comptroller.engine;

/// The engine loop at an instant; consistent within one loop turn.
///
/// @param state whether it takes work
/// @param running sequences that hold a slot
/// @param waiting requests that wait for one
/// @param kvUsed cells in use
/// @param kvTotal cells that exist
/// @param preemptions how often a sequence lost its cells to an older one and is computed again
/// @param stalledNanos how long there has been work without token progress; 0 when there is none
public record LoopSnapshot(
    LoopState state,
    int running,
    int waiting,
    int kvUsed,
    int kvTotal,
    long preemptions,
    long stalledNanos) {
  /// The part of the cells that is used, 0 to 1.
  public double kvUsage() {
    return kvTotal == 0 ? 0 : (double) kvUsed / kvTotal;
  }
}
