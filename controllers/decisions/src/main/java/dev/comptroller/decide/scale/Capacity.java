package dev.comptroller.decide.scale;

/// Tokens a second that there must be capacity for.
///
/// @param usual what is expected; places must be free beside it for what comes by chance
/// @param most what a bad forecast would have left out; full replicas serve it
/// @param chance how many times as many places must be free as where requests come by themselves
record Capacity(double usual, double most, double chance) {
  /// Of a demand that is known.
  static Capacity exactly(double tokens) {
    return new Capacity(tokens, tokens, 1);
  }
}
