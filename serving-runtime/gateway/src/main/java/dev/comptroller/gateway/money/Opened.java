package dev.comptroller.gateway.money;

import dev.comptroller.gateway.ledger.Refused;

/// What became of the first hold of a request.
public sealed interface Opened {
  /// The money is held.
  ///
  /// @param output the most output tokens of each answer that it is good for, if all of it is held
  record Open(long output) implements Opened {}

  /// An account has too little.
  record TooLittle(Refused refused) implements Opened {}

  /// The client's key belongs to a request that still runs.
  record Running() implements Opened {}

  /// The client's key belongs to a request that ran and was charged.
  record Done(long chargedMicros) implements Opened {}

  /// The client's key belongs to another request.
  record Conflict() implements Opened {}

  /// There is no posted price, so nothing that has a limit may run.
  record Unpriced() implements Opened {}
}
