package dev.comptroller.gateway.money;

import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.Ended;
import dev.comptroller.gateway.ledger.Extended;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.LedgerUnavailable;
import dev.comptroller.gateway.ledger.NoSuchHold;
import dev.comptroller.gateway.ledger.Refused;
import dev.comptroller.gateway.ledger.Reservation;
import dev.comptroller.gateway.ledger.Reserved;
import dev.comptroller.gateway.ledger.Settled;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.ledger.Voided;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Holds a request's money while it runs.
///
/// ```
/// open     sliced: a bound of the input and a first slice of output; whole: the worst case
/// covers   the engine has counted the input: hold exactly that instead of the bound
///          more output than is held: hold a slice more, before that output leaves the gateway
/// settle   what was used, at most what is held; nothing was used: void
/// ```
///
/// Properties: what is charged was held before, so no limit is ever exceeded; output that is not
/// held is not passed on. A slice costs a twelfth of what was used so far, so that little is held
/// that is not used, whatever output costs beside input, and the number of extensions grows with
/// the logarithm of an answer's length. A request that would leave an account too little for those
/// that run ([Growth]) is refused before it begins, so that few are cut at the end of a limit.
/// Confined to one thread.
public final class Escrow {
  private static final Logger LOG = System.getLogger(Escrow.class.getName());
  private static final long FIRST_SLICE = 16;
  private static final long LARGEST_SLICE = 256;
  private static final long SHARE = 12;
  private static final int TRIES = 64;

  /// How long a hold lives without a sign of life: longer than an answer may be silent.
  private static final Duration LIFETIME = Duration.ofMinutes(30);

  private static final Duration SIGN = Duration.ofMinutes(5);

  private final ChargeLedger ledger;
  private final Terms terms;
  private final Growth growth;
  private final LongSupplier nanos;
  private int tries;
  private int numbers;
  private @Nullable HoldId hold;
  private @Nullable Cost cost;
  private long held;
  private long grown;
  private List<Bound> counted = List.of();
  private long signAt;
  private boolean exact;

  /// An escrow that holds nothing yet.
  ///
  /// @param growth of all requests of this gateway
  public Escrow(ChargeLedger ledger, Terms terms, Growth growth, LongSupplier nanos) {
    this.ledger = ledger;
    this.terms = terms;
    this.growth = growth;
    this.nanos = nanos;
  }

  /// Holds the money of a request that is to be charged at a price.
  public Opened open(@Nullable PostedPrice price, int tariffPercent)
      throws LedgerUnavailable, InterruptedException {
    if (price == null) {
      return new Opened.Unpriced();
    }
    Cost at = new Cost(price, tariffPercent);
    long output = terms.whole() ? terms.output() : Math.min(terms.output(), FIRST_SLICE);
    while (true) {
      long micros = at.worst(terms.inputBound(), Math.multiplyExact(output, terms.sequences()));
      switch (reserve(at, micros)) {
        case Reserved.Held(HoldId made, long amount) -> {
          Optional<Refused> crowded = crowded(amount);
          if (crowded.isPresent()) {
            var _ = ledger.voidHold(made, null);
            return new Opened.TooLittle(crowded.get());
          }
          taken(at, made, amount);
          return new Opened.Open(terms.whole() ? output : terms.output());
        }
        case Refused refused -> {
          long less = terms.shrinks() ? affordable(at, refused) : 0;
          if (less < 1 || less >= output) {
            return new Opened.TooLittle(refused);
          }
          output = less;
        }
        case Reserved.KeyConflict _ -> {
          return new Opened.Conflict();
        }
        case Reserved.PriceUnavailable _ -> {
          return new Opened.Unpriced();
        }
        case Reserved.Replayed replayed -> {
          switch (replayed.state()) {
            case OPEN -> {
              return new Opened.Running();
            }
            case SETTLED -> {
              return new Opened.Done(replayed.micros());
            }
            case VOIDED, EXPIRED -> {
              // Nothing was charged for that try: this is the next one.
            }
          }
        }
      }
    }
  }

  /// Whether everything used so far is held; holds more if it must and can.
  public boolean covers(Usage used) throws LedgerUnavailable, InterruptedException {
    HoldId open = hold;
    Cost at = cost;
    if (open == null || at == null) {
      return true;
    }
    if (!exact && used.prompt() > 0) {
      exact = true;
      release(at, used);
      open = hold;
    }
    long needed = at.of(used);
    if (needed <= held) {
      return open != null && alive(open);
    }
    long slice = at.worst(0, slice(at, needed));
    return extend(open, needed - held + slice) || extend(open, needed - held);
  }

  /// What a usage is charged: never more than is held. Where an engine counts more at its end than
  /// it showed before, the difference is held first, if there is room.
  public long charge(Usage used) throws LedgerUnavailable, InterruptedException {
    Cost at = cost;
    HoldId open = hold;
    if (at == null || open == null) {
      return 0;
    }
    long due = at.of(used);
    if (due > held && !extend(open, due - held)) {
      LOG.log(Level.INFO, "{0} micro-dollars were not held and are not charged", due - held);
    }
    return Math.min(due, held);
  }

  /// Whether it holds money at a price.
  public boolean holdsAt(@Nullable PostedPrice price) {
    Cost at = cost;
    return hold != null && at != null && at.price().equals(price);
  }

  /// Ends the hold with a line that charges [#charge].
  ///
  /// @param line makes the line that charges an amount
  /// @param micros to charge; 0 frees everything
  /// @return the line that was written
  public UsageLine settle(long micros, Function<Long, UsageLine> line)
      throws LedgerUnavailable, InterruptedException {
    HoldId open = hold;
    UsageLine written = line.apply(micros);
    if (open == null) {
      ledger.append(written);
      return written;
    }
    hold = null;
    shrink();
    boolean booked = micros == 0 ? voided(open, written) : settled(open, micros, written);
    if (booked) {
      return written;
    }
    UsageLine free = line.apply(0L);
    ledger.append(free);
    return free;
  }

  /// Frees what is held; nothing ran.
  public void cancel() throws LedgerUnavailable, InterruptedException {
    HoldId open = hold;
    hold = null;
    shrink();
    if (open != null) {
      var _ = ledger.voidHold(open, null);
    }
  }

  private boolean voided(HoldId open, UsageLine line)
      throws LedgerUnavailable, InterruptedException {
    return switch (ledger.voidHold(open, line)) {
      case Voided.Freed _ -> true;
      case Ended _, NoSuchHold _ -> false;
    };
  }

  private boolean settled(HoldId open, long micros, UsageLine line)
      throws LedgerUnavailable, InterruptedException {
    return switch (ledger.settle(open, micros, line)) {
      case Settled.Booked _ -> true;
      case Ended(var state, long charged) -> {
        LOG.log(Level.ERROR, "hold {0} had ended as {1}: not charged again", open.entry(), state);
        yield charged == micros;
      }
      case Settled.Exceeds(long had, long asked) -> {
        LOG.log(Level.ERROR, "hold {0} has {1}, not {2}: not charged", open.entry(), had, asked);
        yield false;
      }
      case NoSuchHold _ -> {
        LOG.log(Level.ERROR, "the ledger does not know hold {0}: not charged", open.entry());
        yield false;
      }
    };
  }

  /// Replaces the hold of a bound by one of what the engine has counted. Both are held for a
  /// moment; where there is no room for that, the first one stays and its excess is used up.
  private void release(Cost at, Usage used) throws LedgerUnavailable, InterruptedException {
    HoldId bound = hold;
    long output = terms.whole() ? terms.output() : Math.min(terms.output(), FIRST_SLICE);
    long needed =
        Math.max(
            at.of(used), at.worst(used.prompt(), Math.multiplyExact(output, terms.sequences())));
    if (bound == null || needed >= held) {
      return;
    }
    if (reserve(at, needed) instanceof Reserved.Held(HoldId made, long amount)) {
      taken(at, made, amount);
      var _ = ledger.voidHold(bound, null);
    }
  }

  private Reserved reserve(Cost at, long micros) throws LedgerUnavailable, InterruptedException {
    if (++tries > TRIES) {
      throw new LedgerUnavailable("this key was tried " + TRIES + " times: use another one");
    }
    Reserved answer =
        ledger.reserve(
            new Reservation(
                terms.key() + "#" + (numbers + 1),
                terms.fingerprint(),
                terms.bounds().get(),
                micros,
                at.price().version(),
                LIFETIME));
    // A refusal leaves nothing under its number. Were it passed over, a repetition of the request
    // would find it free, and be charged beside a later number.
    numbers += answer instanceof Refused ? 0 : 1;
    return answer;
  }

  private void taken(Cost at, HoldId made, long amount) {
    cost = at;
    hold = made;
    held = amount;
    signAt = nanos.getAsLong();
  }

  private long affordable(Cost at, Refused refused) {
    long all = at.affordable(refused.leftMicros(), terms.inputBound());
    return all < 0 ? 0 : all / terms.sequences();
  }

  /// Output tokens of the next slice: their cost is a share of what was used.
  private static long slice(Cost at, long usedMicros) {
    return Math.clamp(
        Math.max(0, at.affordable(usedMicros / SHARE, 0)), FIRST_SLICE, LARGEST_SLICE);
  }

  /// The first account that a hold just made leaves too little of for the requests that run.
  private Optional<Refused> crowded(long amount) throws LedgerUnavailable {
    for (Bound bound : terms.bounds().get()) {
      Long limit = bound.limitMicros();
      long need = growth.of(bound.account());
      if (limit == null || need == 0) {
        continue;
      }
      try {
        Standing standing = ledger.standing(bound.account());
        if (standing.leftOf(limit) < need) {
          return Optional.of(
              new Refused(
                  bound.account(),
                  limit,
                  standing.spentMicros(),
                  standing.heldMicros() - amount,
                  amount + need));
        }
      } catch (SQLException e) {
        throw new LedgerUnavailable("what an account has left cannot be read: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private void grow(long micros) {
    if (counted.isEmpty()) {
      counted = terms.bounds().get();
    }
    grown += micros;
    growth.add(counted, micros);
  }

  private void shrink() {
    growth.add(counted, -grown);
    grown = 0;
  }

  private boolean extend(@Nullable HoldId open, long micros)
      throws LedgerUnavailable, InterruptedException {
    if (open == null) {
      return false;
    }
    return switch (ledger.extend(open, micros, terms.bounds().get())) {
      case Extended.Granted(long all) -> {
        grow(all - held);
        held = all;
        signAt = nanos.getAsLong();
        yield true;
      }
      case Refused _ -> false;
      case Ended _, NoSuchHold _ -> {
        LOG.log(Level.ERROR, "hold {0} ended while its request ran", open.entry());
        yield false;
      }
    };
  }

  private boolean alive(HoldId open) throws LedgerUnavailable, InterruptedException {
    return nanos.getAsLong() - signAt < SIGN.toNanos() || extend(open, 0);
  }
}
