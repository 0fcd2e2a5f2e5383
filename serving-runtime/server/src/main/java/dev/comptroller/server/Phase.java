package dev.comptroller.server;

/// Where a server is in its life.
sealed interface Phase {
  /// The model is being loaded.
  record Loading(String model) implements Phase {}

  /// It takes requests.
  record Serving(Replica replica) implements Phase {}

  /// It finishes what runs and takes nothing new.
  record Draining(Replica replica) implements Phase {}
}
