package dev.comptroller.decide.metering;

/// What one sequence had computed in one step.
///
/// @param sequence identifies it in the step
/// @param prefillTokens tokens of its prompt
/// @param decodeTokens tokens of its answer
/// @param kvRead tokens of its cache that were read
public record StepWork(String sequence, long prefillTokens, long decodeTokens, long kvRead) {
  public StepWork {
    if (prefillTokens < 0 || decodeTokens < 0 || kvRead < 0) {
      throw new IllegalArgumentException(
          "sequence %s computed %d prefill and %d decode tokens and read %d: need zero or more"
              .formatted(sequence, prefillTokens, decodeTokens, kvRead));
    }
  }
}
