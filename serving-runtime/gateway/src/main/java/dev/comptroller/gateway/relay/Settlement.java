package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.routing.Route.Leg;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The money of one request, as the relay needs it.
public interface Settlement {
  /// Holds its money at the price of a leg, instead of that of the leg before.
  ///
  /// @return whether there is enough: if not, that leg must not serve it
  boolean moveTo(Leg leg) throws LedgerUnavailable, InterruptedException;

  /// Whether a stream's usage so far is held, so that it may be passed on.
  boolean covers(Usage used) throws LedgerUnavailable, InterruptedException;

  /// Books it, once: writes the usage line and returns when it is durable.
  ///
  /// @param leg that served last; absent if none did
  /// @param replica that served last; empty if none did
  /// @param status that the client got
  Receipt settle(Outcome outcome, @Nullable Leg leg, String replica, int status)
      throws LedgerUnavailable, InterruptedException;

  /// What every answer says from its start.
  Map<String, String> answerHeaders(@Nullable Leg leg);
}
