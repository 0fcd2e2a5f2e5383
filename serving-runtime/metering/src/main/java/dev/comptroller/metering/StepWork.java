package dev.comptroller.metering;

/// What one sequence had computed in one step.
///
/// @param sequence identifies it in the step
/// @param prefillTokens tokens of its prompt
/// @param decodeTokens tokens of its answer
/// @param kvRead tokens of its cache that were read
public record StepWork(long sequence, long prefillTokens, long decodeTokens, long kvRead) {
  public StepWork {
    if (prefillTokens < 0 || decodeTokens < 0 || kvRead < 0) {
      throw new IllegalArgumentException(
          "sequence %d computed %d prefill and %d decode tokens and read %d: need zero or more"
              .formatted(sequence, prefillTokens, decodeTokens, kvRead));
    }
  }

  /// The work of computing consecutive tokens, each of which reads all that came before it.
  ///
  /// @param promptTokens tokens of the sequence's prompt; what comes after them is answer
  /// @param from the position of the first token computed
  public static StepWork ofTokens(long sequence, int promptTokens, int from, int count) {
    int prefill = Math.clamp((long) promptTokens - from, 0, count);
    return new StepWork(sequence, prefill, count - prefill, kvRead(from, count));
  }

  /// The earlier tokens that a run of tokens reads.
  public static long kvRead(int from, int count) {
    return (long) count * from + (long) count * (count - 1) / 2;
  }
}
