package dev.comptroller.batching;

import java.util.Arrays;

/// An immutable run of token ids.
public final class TokenIds {
  private static final TokenIds EMPTY = new TokenIds(new int[0]);

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  /// The ids given, copied.
  public static TokenIds of(int... ids) {
    return ids.length == 0 ? EMPTY : new TokenIds(ids.clone());
  }

  /// The ids `from` (inclusive) to `to` (exclusive) of an array, copied.
  public static TokenIds range(int[] ids, int from, int to) {
    return new TokenIds(Arrays.copyOfRange(ids, from, to));
  }

  /// How many ids there are.
  public int size() {
    return ids.length;
  }

  /// The id at an index.
  public int at(int index) {
    return ids[index];
  }

  /// The ids as a new array.
  public int[] toArray() {
    return ids.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
