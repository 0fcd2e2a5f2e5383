package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.UsageLine;
import java.util.function.LongFunction;

/// Where the money of items is held and charged.
///
/// A hold belongs to one attempt. Of all attempts one is answered, and only its hold is settled, so
/// an item is charged once however often it ran; a hold of an attempt that died expires by itself.
interface Bills {
  /// What became of a hold.
  sealed interface Hold {
    /// The worst case is held: the item may run.
    ///
    /// @param number of the hold
    record Held(long number) implements Hold {}

    /// There is no money for it now: it waits.
    record NoMoney(String why) implements Hold {}
  }

  /// Holds what an attempt may cost at most.
  ///
  /// @param micros at the tariff
  /// @param priceVersion that is pinned
  Hold hold(Claimed item, long micros, long priceVersion)
      throws LedgerUnavailable, InterruptedException;

  /// Frees the hold of an attempt that came to nothing.
  void free(long hold) throws LedgerUnavailable, InterruptedException;

  /// Charges an answered item and leaves its usage line, once however often it is called.
  ///
  /// @return micro-dollars that were charged
  long settle(Answered item) throws LedgerUnavailable, InterruptedException;

  /// An answered item.
  ///
  /// @param key names the item, not the attempt
  /// @param hold of the attempt that was answered
  /// @param model `namespace/deployment` that served it
  /// @param micros to charge
  /// @param priceVersion that is pinned
  /// @param line to leave, by what is charged in the end
  record Answered(
      String key,
      long hold,
      Owner owner,
      String model,
      long micros,
      long priceVersion,
      LongFunction<UsageLine> line) {}
}
