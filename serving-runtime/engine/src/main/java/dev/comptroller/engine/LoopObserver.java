package dev.comptroller.engine;

import dev.comptroller.batching.RequestClass;

/// Hears what the engine loop does; called on the loop's thread (rejections on the submitter's), so
/// implementations return at once.
public interface LoopObserver {
  /// One that listens to nothing.
  LoopObserver NONE = new LoopObserver() {};

  /// A step was computed.
  default void step(StepReport report) {}

  /// A request was refused.
  default void rejected(Rejection reason) {}

  /// A request got its slot for the first time, after waiting this long.
  default void started(RequestClass requestClass, long queueNanos) {}

  /// A request's first token came, this long after it was submitted.
  default void firstToken(RequestClass requestClass, long nanosSinceSubmit) {}

  /// A further token came, this long after the one before.
  default void furtherToken(RequestClass requestClass, long nanosSincePrevious) {}

  /// An answer of two tokens or more ended, with this much time between two of them on average.
  default void paced(RequestClass requestClass, long nanosPerToken) {}

  /// A request ended, this long after it was submitted.
  default void finished(
      RequestClass requestClass, FinishReason reason, Usage usage, long nanosSinceSubmit) {}

  /// A step in figures.
  ///
  /// @param sequences sequences that had tokens in it
  /// @param tokens tokens computed
  /// @param sampled tokens generated
  /// @param kvTokens tokens of the cache that it read, those computed included
  /// @param nanos wall time of planning, computing, sampling and publishing
  /// @param engineNanos wall time inside the engine, sampling included
  record StepReport(
      int sequences, int tokens, int sampled, long kvTokens, long nanos, long engineNanos) {}
}
