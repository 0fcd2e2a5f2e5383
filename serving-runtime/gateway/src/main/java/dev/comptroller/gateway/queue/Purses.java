package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/// Whether queued work can be paid for.
///
/// @param bounds the accounts that an owner's work on a `namespace/deployment` counts on
record Purses(ChargeLedger ledger, BiFunction<Owner, String, List<Bound>> bounds) {
  /// One look at payers: what was found of an owner and a model holds for all of their work.
  final class Look {
    private final Set<String> barred;
    private final Map<List<Object>, Boolean> found = new HashMap<>();

    private Look(Set<String> barred) {
      this.barred = barred;
    }

    /// Whether work is paid for: its payer is not barred, and its accounts have something left.
    boolean pay(String payer, Owner owner, String model) throws SQLException {
      if (barred.contains(payer)) {
        return false;
      }
      List<Object> purse = List.of(owner, model);
      Boolean known = found.get(purse);
      boolean can = known == null ? afford(owner, model) : known;
      found.put(purse, can);
      return can;
    }
  }

  /// A look at payers of whom these are barred.
  Look look(Set<String> barred) {
    return new Look(barred);
  }

  /// Whether each account has something left.
  private boolean afford(Owner owner, String model) throws SQLException {
    for (Bound bound : bounds.apply(owner, model)) {
      Long limit = bound.limitMicros();
      if (limit != null && ledger.standing(bound.account()).leftOf(limit) <= 0) {
        return false;
      }
    }
    return true;
  }
}
