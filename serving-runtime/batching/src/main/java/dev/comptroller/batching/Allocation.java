package dev.comptroller.batching;

/// What became of a request for cells.
public sealed interface Allocation {
  /// The cells are the sequence's now.
  record Granted(int cells) implements Allocation {}

  /// There are not as many free cells; nothing changed.
  record Exhausted(int wanted, int free) implements Allocation {}
}
