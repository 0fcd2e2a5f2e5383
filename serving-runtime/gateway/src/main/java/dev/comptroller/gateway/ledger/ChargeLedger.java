package dev.comptroller.gateway.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The charge ledger: what every request may spend, holds and has spent, to the micro-dollar.
///
/// At every instant, for every account of a hold: `spent + held <= limit` as far as the ledger
/// grants anything; a limit that is lowered below that refuses new work while what is held settles.
/// Every operation returns when its effect is on disk, blocks its (virtual) thread until then, and
/// takes effect exactly once. [LedgerUnavailable] means that the effect is unknown: a reservation
/// may be repeated with its key, an ending may be repeated as it is. When the number of waiting
/// operations is at its limit, new ones fail with it at once, without effect.
public interface ChargeLedger {
  /// Holds money.
  Reserved reserve(Reservation reservation) throws LedgerUnavailable, InterruptedException;

  /// Holds more for a hold that is open and begins its lifetime anew; 0 only does the latter.
  ///
  /// @param bounds limits now in force; an account of the hold that is not named keeps the limit it
  ///     was last checked against, others are ignored
  Extended extend(HoldId hold, long micros, List<Bound> bounds)
      throws LedgerUnavailable, InterruptedException;

  /// Charges the actual amount, at most what is held, frees the rest, and appends the usage line:
  /// all three or none.
  ///
  /// @param line its charge must be `micros` and its price version the reservation's; absent only
  ///     where the request leaves its line elsewhere
  Settled settle(HoldId hold, long micros, @Nullable UsageLine line)
      throws LedgerUnavailable, InterruptedException;

  /// Frees all that is held and charges nothing.
  ///
  /// @param line of the request, charging nothing, if it is to leave one
  Voided voidHold(HoldId hold, @Nullable UsageLine line)
      throws LedgerUnavailable, InterruptedException;

  /// Books a correction.
  Corrected correct(Correction correction) throws LedgerUnavailable, InterruptedException;

  /// What an account stands at, as far as it is durable. An account that the ledger never saw
  /// stands at 0.
  Standing standing(Account account);

  /// Every account of the periods that this process has touched or that have open holds.
  List<Standing> standings();

  /// Holds that are open.
  int openHolds();
}
