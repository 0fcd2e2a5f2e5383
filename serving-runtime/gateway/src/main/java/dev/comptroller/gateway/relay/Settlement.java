package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import java.util.Map;

/// Books one request, once.
public interface Settlement {
  /// Writes the usage line and returns when it is durable.
  ///
  /// @param replica that served last; empty if none did
  /// @param status that the client got
  /// @return headers that tell the client what it cost
  Map<String, String> settle(Outcome outcome, String replica, int status)
      throws LedgerUnavailable, InterruptedException;
}
