package dev.comptroller.gateway.ledger;

import java.util.Locale;

/// How a request ended.
public enum Outcome {
  /// The whole answer was passed on.
  OK,
  /// The client went away before the end; what was produced until then is charged.
  CLIENT_GONE,
  /// The replica died or stopped; what had reached the client is charged.
  UPSTREAM_FAILED,
  /// The gateway was stopped before the end; what had reached the client is charged.
  GATEWAY_STOPPED,
  /// The replica refused the request; its answer was passed on.
  UPSTREAM_REFUSED,
  /// The gateway refused the request.
  REFUSED;

  /// The word in the ledger and on the wire.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The outcome that a word stands for.
  public static Outcome of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
