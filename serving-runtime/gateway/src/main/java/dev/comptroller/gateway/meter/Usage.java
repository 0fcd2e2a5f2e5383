package dev.comptroller.gateway.meter;

/// Tokens that one request used.
///
/// @param prompt input tokens, cached ones included
/// @param cached input tokens that came out of a cache
/// @param completion output tokens
/// @param estimated whether any of the numbers is an estimate instead of the engine's count
public record Usage(long prompt, long cached, long completion, boolean estimated) {
  /// Nothing was used, and that is exact.
  public static final Usage NONE = new Usage(0, 0, 0, false);

  public Usage {
    if (prompt < 0 || cached < 0 || completion < 0 || cached > prompt) {
      throw new IllegalArgumentException(
          "impossible usage: prompt %d, cached %d, completion %d"
              .formatted(prompt, cached, completion));
    }
  }

  /// Input tokens that had to be computed.
  public long uncached() {
    return prompt - cached;
  }
}
