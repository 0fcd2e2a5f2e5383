package dev.comptroller.engine;

/// What kind of traffic a request is; today every class is served first come, first served.
public enum RequestClass {
  /// Somebody waits for the answer.
  INTERACTIVE,
  /// The answer has a deadline, hours away.
  BATCH
}
