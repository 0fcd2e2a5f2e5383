package dev.comptroller.engine;

/// Why a completion ended.
public enum FinishReason {
  /// The model ended its text, or a stop text came.
  STOP,
  /// The maximum of tokens was reached.
  LENGTH,
  /// The reader cancelled.
  CANCELLED,
  /// Something failed; the event says what.
  ERROR
}
