package dev.comptroller.decide.capacity;

/// What tokens of the classes cost relative to each other.
///
/// @param input a token computed from a prompt
/// @param cachedInput a token of a prompt that was cached
/// @param output a token produced
public record TokenWeights(long input, long cachedInput, long output) {
  /// What is assumed before anything is measured: an input token counts 1, a cached input token
  /// 1/10 and an output token 4. Reading a prompt is parallel, writing an answer is not.
  public static final TokenWeights USUAL = new TokenWeights(10, 1, 40);

  /// The most that an output token counts, in input tokens.
  static final long MOST = 100;

  private static final long INPUT = 1_000;

  public TokenWeights {
    if (input < 1 || cachedInput < 0 || output < 1) {
      throw new IllegalArgumentException(
          "token weights %d:%d:%d: need 1 or more, 0 or more, and 1 or more"
              .formatted(input, cachedInput, output));
    }
  }

  /// The weights where a step costs `cost` and `sequences` requests like `mix` are served at once.
  ///
  /// An input token takes the time of one more token in a step. An output token takes that, its
  /// sequence's part of the step's fixed time, and the reading of its cache. A cached input token
  /// stays at a tenth of an input token: what it costs is read with the answer.
  public static TokenWeights of(StepCost cost, Workload mix, double sequences) {
    double served = Math.max(1, sequences);
    double shared = (cost.fixed() + cost.perRootSequence() * Math.sqrt(served)) / served;
    double output = cost.perToken() + shared + cost.perKvToken() * mix.meanKvTokens();
    double ratio = cost.perToken() > 0 ? output / cost.perToken() : MOST;
    return new TokenWeights(INPUT, INPUT / 10, Math.round(INPUT * Math.clamp(ratio, 1, MOST)));
  }
}
