package dev.comptroller.gateway.queue.order;

/// How many sequences of a replica interactive work leaves over.
public final class IdleSlots {
  private static final int RESERVE = 1;

  private IdleSlots() {}

  /// Slots for batch work, those that it holds already included; one slot stays free for the next
  /// interactive request, except on a replica that has only one.
  ///
  /// @param maxSequences that the replica computes at once
  /// @param interactive requests that run on it
  public static int of(int maxSequences, int interactive) {
    int reserve = maxSequences > RESERVE ? RESERVE : 0;
    return Math.max(0, maxSequences - reserve - Math.max(0, interactive));
  }
}
