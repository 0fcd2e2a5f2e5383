package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.Nullable;

/// The running sums of one account. Belongs to the thread that keeps the [Books].
final class Tally {
  final Account account;
  final String key;
  long spent;
  long held;
  @Nullable Long limit;

  Tally(Account account, String key, long spent, long held, @Nullable Long limit) {
    this.account = account;
    this.key = key;
    this.spent = spent;
    this.held = held;
    this.limit = limit;
  }

  /// What there is room for under a limit; negative when it is over.
  long room(@Nullable Long under) {
    long most = under == null ? Long.MAX_VALUE : under;
    return Math.subtractExact(most, Math.addExact(spent, held));
  }

  Standing standing() {
    return new Standing(account, spent, held, limit);
  }
}
