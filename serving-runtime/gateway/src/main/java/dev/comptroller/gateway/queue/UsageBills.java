package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.UsageLedger;
import org.jspecify.annotations.Nullable;

/// Bills of a gateway without a charge ledger: a usage line per item, and no holds.
///
/// The line's id names the item, and the ledger keeps one line of an id.
final class UsageBills implements Bills {
  private final UsageLedger ledger;

  UsageBills(UsageLedger ledger) {
    this.ledger = ledger;
  }

  @Override
  public Hold hold(Claimed item, long micros, @Nullable Long priceVersion) {
    return new Hold.Held(null);
  }

  @Override
  public void free(@Nullable Long hold) {
    // Nothing is held.
  }

  @Override
  public long settle(@Nullable Long hold, Answered item)
      throws LedgerUnavailable, InterruptedException {
    ledger.append(item.line());
    Long charge = item.line().chargeMicros();
    return charge == null ? 0 : charge;
  }
}
