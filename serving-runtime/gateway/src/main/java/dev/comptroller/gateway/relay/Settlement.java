package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.protocol.routing.Route.Leg;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Books one request, once.
public interface Settlement {
  /// Writes the usage line and returns when it is durable.
  ///
  /// @param leg that served last; absent if none did
  /// @param replica that served last; empty if none did
  /// @param status that the client got
  /// @return headers that tell the client what it cost
  Map<String, String> settle(Outcome outcome, @Nullable Leg leg, String replica, int status)
      throws LedgerUnavailable, InterruptedException;
}
