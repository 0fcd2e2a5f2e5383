package dev.comptroller.gateway.ledger;

/// The hold had ended before: it ends once, so nothing was done.
///
/// A settlement that is repeated because its answer was lost finds the same charge here.
///
/// @param chargedMicros what it was settled at; 0 if it was voided or expired
public record Ended(HoldState state, long chargedMicros) implements Extended, Settled, Voided {}
