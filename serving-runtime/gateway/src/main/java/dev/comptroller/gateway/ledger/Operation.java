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

  /// Its turn among those that share a commit: what frees money goes first, running requests go
  /// before new ones.
  default int turn() {
    return switch (this) {
      case Settle _, VoidHold _, Correct _, Append _ -> 0;
      case Extend _ -> 1;
      case Reserve _ -> 2;
    };
  }
}
