package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.Nullable;

/// What an account stands at.
///
/// @param spentMicros settled charges, less refunds
/// @param heldMicros of open holds
/// @param limitMicros the limit last told to the ledger; absent if there is none
public record Standing(
    Account account, long spentMicros, long heldMicros, @Nullable Long limitMicros) {
  /// What spent and held leave of a limit, whatever was told to the ledger; negative if they exceed
  /// it.
  public long leftOf(long limit) {
    return limit - spentMicros - heldMicros;
  }

  /// What may still be held; 0 when the account is over its limit; the largest number without one.
  public long leftMicros() {
    return limitMicros == null ? Long.MAX_VALUE : Math.max(0, leftOf(limitMicros));
  }

  /// By how much spent and held exceed a limit that was lowered; else 0.
  public long overMicros() {
    return limitMicros == null ? 0 : Math.max(0, -leftOf(limitMicros));
  }
}
