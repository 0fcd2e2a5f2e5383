package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.Nullable;

/// An account and the limit in force on it.
///
/// @param limitMicros the most that may be spent and held together; absent where there is no limit:
///     the account is counted, never refused
public record Bound(Account account, @Nullable Long limitMicros) {
  public Bound {
    if (limitMicros != null && limitMicros < 0) {
      throw new IllegalArgumentException(
          "limitMicros of %s must be 0 or more, is %d".formatted(account.key(), limitMicros));
    }
    if (account instanceof Account.TrueUp) {
      throw new IllegalArgumentException("a true-up account takes corrections, not holds");
    }
  }
}
