package dev.comptroller.gateway.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a caller wants of the ledger.
sealed interface Operation {
  record Reserve(Reservation reservation) implements Operation {}

  record Extend(HoldId hold, long micros, List<Bound> bounds) implements Operation {}

  record Settle(HoldId hold, long micros, @Nullable UsageLine line) implements Operation {}

  record VoidHold(HoldId hold, @Nullable UsageLine line) implements Operation {}

  record Correct(Correction correction) implements Operation {}

  record Append(UsageLine line) implements Operation {}
}
