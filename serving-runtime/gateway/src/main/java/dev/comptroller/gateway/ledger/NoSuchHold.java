package dev.comptroller.gateway.ledger;

/// The ledger knows no hold of that name.
public record NoSuchHold(HoldId hold) implements Extended, Settled, Voided, Corrected {}
