package dev.comptroller.decide.scale;

/// Tokens a second that there must be capacity for.
///
/// @param usual what is expected; places must be free beside it for what comes by chance
/// @param most what a bad forecast would have left out; full replicas serve it
/// @param alone how many times as many places one replica alone must keep free as where requests
///     come by themselves
/// @param shared the same of several that share what comes
record Capacity(double usual, double most, double alone, double shared) {
  /// Of a demand that is known.
  static Capacity exactly(double tokens) {
    return new Capacity(tokens, tokens, 1, 1);
  }
}
