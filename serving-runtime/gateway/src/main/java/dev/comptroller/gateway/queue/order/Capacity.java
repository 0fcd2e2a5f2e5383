package dev.comptroller.gateway.queue.order;

/// What idle slots of one model get done.
///
/// @param slots how many are idle on the average
/// @param tokensPerSlot tokens that one of them does in a thousand seconds
public record Capacity(int slots, long tokensPerSlot) {
  /// Nothing is known yet.
  public static final Capacity UNKNOWN = new Capacity(0, 0);

  private static final long MILLIS = 1_000_000;

  public Capacity {
    if (slots < 0 || tokensPerSlot < 0) {
      throw new IllegalArgumentException(
          "impossible capacity: %d slots of %d tokens".formatted(slots, tokensPerSlot));
    }
  }

  /// Whether there is a figure to judge by.
  public boolean known() {
    return slots > 0 && tokensPerSlot > 0;
  }

  /// Tokens per second of all slots together, rounded down.
  public long tokensPerSecond() {
    return slots * tokensPerSlot / 1_000;
  }

  /// Milliseconds that one slot takes for some tokens, rounded up.
  long onOneSlot(long tokens) {
    return ceiling(Math.multiplyExact(tokens, MILLIS), tokensPerSlot);
  }

  /// Milliseconds that all slots together take for some tokens, rounded up.
  long onAllSlots(long tokens) {
    return ceiling(Math.multiplyExact(tokens, MILLIS), Math.multiplyExact(slots, tokensPerSlot));
  }

  private static long ceiling(long numerator, long denominator) {
    return Math.ceilDiv(numerator, denominator);
  }
}
