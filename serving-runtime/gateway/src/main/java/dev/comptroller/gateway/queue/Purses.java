package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import java.sql.SQLException;
import java.util.List;
import java.util.function.BiFunction;

/// Whether owners of queued work have money left for it.
///
/// @param bounds the accounts that an owner's work on a `namespace/deployment` counts on
record Purses(ChargeLedger ledger, BiFunction<Owner, String, List<Bound>> bounds) {
  /// Whether each account has something left.
  boolean afford(Owner owner, String model) throws SQLException {
    for (Bound bound : bounds.apply(owner, model)) {
      Long limit = bound.limitMicros();
      if (limit != null && ledger.standing(bound.account()).leftOf(limit) <= 0) {
        return false;
      }
    }
    return true;
  }
}
