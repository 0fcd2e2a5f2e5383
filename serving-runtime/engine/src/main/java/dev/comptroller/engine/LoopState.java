package dev.comptroller.engine;

/// Whether an engine loop takes work.
public sealed interface LoopState {
  /// It does.
  record Serving() implements LoopState {}

  /// It finishes what it has.
  record Draining() implements LoopState {}

  /// It has ended as told.
  record Closed() implements LoopState {}

  /// The engine failed; nothing is computed any more.
  record Failed(String cause) implements LoopState {}
}
