package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.UsageLine;
import org.jspecify.annotations.Nullable;

/// Where the money of items is held and charged.
///
/// A hold belongs to one attempt. Of all attempts one is answered, and only its hold is settled, so
/// an item is charged once however often it ran; a hold of an attempt that died expires by itself.
interface Bills {
  /// What became of a hold.
  sealed interface Hold {
    /// The worst case is held: the item may run.
    ///
    /// @param number of the hold; absent if the ledger keeps none for it
    record Held(@Nullable Long number) implements Hold {}

    /// There is no money for it now: it waits.
    record NoMoney(String why) implements Hold {}
  }

  /// Holds what an attempt may cost at most.
  ///
  /// @param micros at the tariff
  /// @param priceVersion that is pinned; absent if no price was posted
  Hold hold(Claimed item, long micros, @Nullable Long priceVersion)
      throws LedgerUnavailable, InterruptedException;

  /// Frees the hold of an attempt that came to nothing.
  void free(@Nullable Long hold) throws LedgerUnavailable, InterruptedException;

  /// Charges an answered item and leaves its usage line, once however often it is called.
  ///
  /// @param hold of the attempt that was answered
  /// @return micro-dollars that were charged
  long settle(@Nullable Long hold, Answered item) throws LedgerUnavailable, InterruptedException;

  /// An answered item.
  ///
  /// @param key names the item, not the attempt
  /// @param line to leave; its id is the key's
  record Answered(String key, Owner owner, UsageLine line) {}
}
