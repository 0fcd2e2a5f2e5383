package dev.comptroller.batching;

/// What became of a sequence that was handed to the batcher.
public sealed interface Admission {
  /// It waits for its slot, which it gets in its class's order of arrival.
  record Queued() implements Admission {}

  /// As many of its class wait as may.
  record QueueFull(int waiting, int maxQueued) implements Admission {}

  /// Its prompt and completion do not fit the context together.
  record TooLong(int promptTokens, int maxTokens, int contextLength) implements Admission {}
}
