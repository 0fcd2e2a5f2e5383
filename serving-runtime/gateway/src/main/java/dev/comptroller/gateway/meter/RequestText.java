package dev.comptroller.gateway.meter;

/// A guess at tokens from the length of a text, used only where an engine does not count.
public final class RequestText {
  private RequestText() {}

  /// A token for every four characters, rounded up.
  public static long guessTokens(long characters) {
    return (characters + 3) / 4;
  }
}
