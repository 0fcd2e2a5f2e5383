package dev.comptroller.gateway.queue;

import java.util.Locale;

/// Where a batch is, in OpenAI's words. A terminal state never changes.
public enum BatchState {
  /// Its lines are being read.
  VALIDATING(false),
  /// No line of it can run.
  FAILED(true),
  /// Its items wait or run.
  IN_PROGRESS(false),
  /// All items are over, its files are being written.
  FINALIZING(false),
  /// Every item ran, or failed by itself.
  COMPLETED(true),
  /// The window passed before all items ran.
  EXPIRED(true),
  /// It was cancelled and running items finish.
  CANCELLING(false),
  /// It was cancelled.
  CANCELLED(true);

  private final boolean terminal;

  BatchState(boolean terminal) {
    this.terminal = terminal;
  }

  /// Whether it stays so for ever.
  public boolean terminal() {
    return terminal;
  }

  /// The word on the wire and in the database.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static BatchState of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
