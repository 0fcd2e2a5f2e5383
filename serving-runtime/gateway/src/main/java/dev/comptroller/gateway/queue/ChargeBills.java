package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.Ended;
import dev.comptroller.gateway.ledger.Extended;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.HoldState;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.NoSuchHold;
import dev.comptroller.gateway.ledger.Refused;
import dev.comptroller.gateway.ledger.Reservation;
import dev.comptroller.gateway.ledger.Reserved;
import dev.comptroller.gateway.ledger.Settled;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Bills in the charge ledger.
///
/// An answered item whose hold expired before it could be settled, because the gateway was down, is
/// held and settled anew under a key of its own. Where there is no room for that any more, it is
/// free: a limit is never exceeded for work that is done already.
final class ChargeBills implements Bills {
  private static final Logger LOG = System.getLogger(ChargeBills.class.getName());

  /// Longer than a replica may take for an item.
  private static final Duration LIFETIME = Duration.ofHours(1);

  private static final int MOST_TRIES = 64;

  /// The accounts that an owner's work on a model counts on, with the limits now in force.
  @FunctionalInterface
  interface Bounds {
    /// Outermost first.
    List<Bound> of(Owner owner, String model);
  }

  private final ChargeLedger ledger;
  private final Bounds bounds;

  ChargeBills(ChargeLedger ledger, Bounds bounds) {
    this.ledger = ledger;
    this.bounds = bounds;
  }

  static String key(String batchId, int line) {
    return "batch/%s/%d".formatted(batchId.substring("batch_".length()), line);
  }

  @Override
  public Hold hold(Claimed item, long micros, long priceVersion)
      throws LedgerUnavailable, InterruptedException {
    String key = key(item.batchId(), item.line());
    Reserved reserved =
        reserve(key + "#" + item.attempt(), key, item.owner(), item.model(), micros, priceVersion);
    return switch (reserved) {
      case Reserved.Held(HoldId hold, _) -> new Hold.Held(hold.entry());
      case Refused(var account, long limit, long spent, long held, long asked) ->
          new Hold.NoMoney(
              "%s has %d of %d micro-dollars left, %d are asked for"
                  .formatted(account.key(), Math.max(0, limit - spent - held), limit, asked));
      case Reserved.Replayed(_, HoldState state, _, _) ->
          new Hold.NoMoney("the attempt had a hold already, which is " + state);
      case Reserved.KeyConflict(_) -> new Hold.NoMoney("the attempt's key is taken");
      case Reserved.PriceUnavailable() -> new Hold.NoMoney("no price is pinned");
    };
  }

  @Override
  public void free(long hold) throws LedgerUnavailable, InterruptedException {
    var _ = ledger.voidHold(new HoldId(hold), null);
  }

  @Override
  public long settle(Answered item) throws LedgerUnavailable, InterruptedException {
    OptionalLong charged = settle(new HoldId(item.hold()), item, item.micros());
    if (charged.isPresent()) {
      return charged.getAsLong();
    }
    for (int n = 1; n <= MOST_TRIES; n++) {
      Optional<Long> anew = settleAnew(item, n);
      if (anew.isPresent()) {
        return anew.get();
      }
    }
    throw new LedgerUnavailable(item.key() + " was billed anew " + MOST_TRIES + " times in vain");
  }

  /// What was charged under a new hold; empty if that has expired as well.
  private Optional<Long> settleAnew(Answered item, int n)
      throws LedgerUnavailable, InterruptedException {
    String key = item.key() + "#bill" + n;
    Reserved reserved =
        reserve(key, item.key(), item.owner(), item.model(), item.micros(), item.priceVersion());
    OptionalLong charged =
        switch (reserved) {
          case Reserved.Held(HoldId hold, long micros) -> settle(hold, item, micros);
          case Reserved.Replayed(HoldId hold, HoldState state, long micros, _) ->
              switch (state) {
                case SETTLED -> OptionalLong.of(micros);
                case OPEN -> settle(hold, item, micros);
                case VOIDED, EXPIRED -> OptionalLong.empty();
              };
          case Refused refused -> {
            LOG.log(
                Level.WARNING,
                "{0} is free: its hold expired and {1} has no room for it any more",
                item.key(),
                refused.account().key());
            yield free(item, n);
          }
          case Reserved.KeyConflict(_), Reserved.PriceUnavailable() -> OptionalLong.empty();
        };
    return charged.isPresent() ? Optional.of(charged.getAsLong()) : Optional.empty();
  }

  /// Leaves the line of an item that nobody can be charged for.
  private OptionalLong free(Answered item, int n) throws LedgerUnavailable, InterruptedException {
    Reserved reserved =
        reserve(
            item.key() + "#free" + n,
            item.key(),
            item.owner(),
            item.model(),
            0,
            item.priceVersion());
    return switch (reserved) {
      case Reserved.Held(HoldId hold, _) -> settle(hold, item, 0);
      case Reserved.Replayed(HoldId hold, HoldState state, _, _) ->
          state == HoldState.OPEN
              ? settle(hold, item, 0)
              : state == HoldState.SETTLED ? OptionalLong.of(0) : OptionalLong.empty();
      case Refused(_, _, _, _, _), Reserved.KeyConflict(_), Reserved.PriceUnavailable() ->
          OptionalLong.empty();
    };
  }

  /// What was charged on a hold; empty if it ended without a charge. Where the engine counted more
  /// than was held, the rest is held first, if there is room, and is not charged otherwise.
  private OptionalLong settle(HoldId hold, Answered item, long micros)
      throws LedgerUnavailable, InterruptedException {
    return switch (ledger.settle(hold, micros, item.line().apply(micros))) {
      case Settled.Booked(long charged, _) -> OptionalLong.of(charged);
      case Ended(HoldState state, long charged) ->
          state == HoldState.SETTLED ? OptionalLong.of(charged) : OptionalLong.empty();
      case NoSuchHold(_) -> OptionalLong.empty();
      case Settled.Exceeds(long held, long asked) ->
          switch (ledger.extend(hold, asked - held, bounds.of(item.owner(), item.model()))) {
            case Extended.Granted(_) -> settle(hold, item, micros);
            case Refused(_, _, _, _, _) -> settle(hold, item, held);
            case Ended(_, _), NoSuchHold(_) -> OptionalLong.empty();
          };
    };
  }

  private Reserved reserve(
      String key, String fingerprint, Owner owner, String model, long micros, long priceVersion)
      throws LedgerUnavailable, InterruptedException {
    return ledger.reserve(
        new Reservation(key, fingerprint, bounds.of(owner, model), micros, priceVersion, LIFETIME));
  }
}
