package dev.comptroller.decide.units;

/// A number of tokens.
///
/// @param count never negative
public record Tokens(long count) implements Comparable<Tokens> {
  /// None.
  public static final Tokens ZERO = new Tokens(0);

  public Tokens {
    if (count < 0) {
      throw new IllegalArgumentException("tokens cannot be negative: " + count);
    }
  }

  /// The sum.
  public Tokens plus(Tokens other) {
    return new Tokens(Math.addExact(count, other.count));
  }

  @Override
  public int compareTo(Tokens other) {
    return Long.compare(count, other.count);
  }

  @Override
  public String toString() {
    return Long.toString(count);
  }
}
