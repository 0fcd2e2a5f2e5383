package dev.comptroller.gateway.ledger;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// A SHA-256. The array inside is never changed.
final class Digest {
  /// What stands before the first entry.
  static final Digest ZERO = new Digest(new byte[32]);

  private final byte[] bytes;

  Digest(byte[] bytes) {
    this.bytes = bytes;
  }

  /// The bytes themselves, not to be changed.
  byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Digest digest && Arrays.equals(bytes, digest.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
