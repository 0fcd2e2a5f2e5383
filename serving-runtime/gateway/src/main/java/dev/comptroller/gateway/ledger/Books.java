package dev.comptroller.gateway.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The state that entries add up to: sums of accounts and open holds.
///
/// Entries are the truth, this is what follows from them, by [#apply] alone: for entries that were
/// just decided, for those of other gateways, and for the whole ledger when it is verified. Sums
/// are kept only of accounts that were opened here ([#open]): the others are read from the database
/// when they are needed. A hold's deadline is counted from the moment its last entry was applied,
/// on the monotonic clock of this process; so after a restart, and on another gateway, it is never
/// early. Not thread-safe.
final class Books {
  private final Map<Account, Tally> tallies = new HashMap<>();
  private final Map<Long, OpenHold> holds = new LinkedHashMap<>();

  /// The sums of an account, if they are kept here.
  @Nullable Tally tally(Account account) {
    return tallies.get(account);
  }

  /// Keeps the sums of an account from now on.
  void open(Tally tally) {
    tallies.put(tally.account, tally);
  }

  @Nullable OpenHold hold(long name) {
    return holds.get(name);
  }

  int openHolds() {
    return holds.size();
  }

  Iterable<Tally> tallies() {
    return tallies.values();
  }

  /// The number of the oldest open hold, or `next` if there is none: nothing before it is needed to
  /// know the open holds.
  long openFrom(long next) {
    return holds.isEmpty() ? next : holds.keySet().iterator().next();
  }

  /// Open holds whose lifetime has passed, at most so many.
  List<OpenHold> overdue(long nowNanos, int most) {
    List<OpenHold> found = new ArrayList<>();
    for (OpenHold hold : holds.values()) {
      if (found.size() == most) {
        break;
      }
      if (nowNanos - hold.deadlineNanos >= 0) {
        found.add(hold);
      }
    }
    return found;
  }

  /// Forgets sums that can be read again, when there are more than so many; true if it did.
  boolean trim(int most) {
    return tallies.size() > most && tallies.values().removeIf(tally -> tally.held == 0);
  }

  void clear() {
    tallies.clear();
    holds.clear();
  }

  /// Takes up one entry.
  ///
  /// @throws LedgerCorrupt if it cannot follow from what was before
  void apply(Entry entry, long nowNanos) throws LedgerCorrupt {
    apply(entry, null, nowNanos);
  }

  /// Takes up one entry whose bounds the caller has at hand.
  void apply(Entry entry, @Nullable List<Bound> bounds, long nowNanos) throws LedgerCorrupt {
    switch (entry.kind()) {
      case RESERVE -> reserve(entry, bounds, nowNanos);
      case EXTEND -> extend(entry, bounds, nowNanos);
      case SETTLE -> end(entry, entry.micros());
      case VOID, EXPIRE -> end(entry, 0);
      case TRUE_UP -> spend(Account.parse(required(entry, entry.bounds())), entry.micros());
      case REFUND -> {
        for (Bound bound : Bounds.read(entry.bounds())) {
          spend(bound.account(), Math.negateExact(entry.micros()));
        }
      }
      case LINE -> {}
    }
  }

  private void reserve(Entry entry, @Nullable List<Bound> bounds, long nowNanos)
      throws LedgerCorrupt {
    Long lifetime = entry.lifetimeMillis();
    if (lifetime == null) {
      throw new LedgerCorrupt(entry.seq(), "a reservation without a lifetime");
    }
    OpenHold hold =
        new OpenHold(
            entry.seq(),
            bounds != null ? bounds : Bounds.read(entry.bounds()),
            entry.priceVersion(),
            lifetime);
    hold.renew(nowNanos);
    holds.put(hold.name, hold);
    hold(hold, entry.micros());
  }

  private void extend(Entry entry, @Nullable List<Bound> bounds, long nowNanos)
      throws LedgerCorrupt {
    OpenHold hold = open(entry);
    if (entry.bounds() != null) {
      hold.bounds = bounds != null ? bounds : Bounds.read(entry.bounds());
    }
    hold.renew(nowNanos);
    hold(hold, entry.micros());
  }

  private void hold(OpenHold hold, long micros) {
    hold.held = Math.addExact(hold.held, micros);
    for (Bound bound : hold.bounds) {
      Tally tally = tallies.get(bound.account());
      if (tally != null) {
        tally.held = Math.addExact(tally.held, micros);
        tally.limit = bound.limitMicros();
      }
    }
  }

  private void end(Entry entry, long charged) throws LedgerCorrupt {
    OpenHold hold = open(entry);
    if (charged < 0 || charged > hold.held) {
      throw new LedgerCorrupt(
          entry.seq(), "charges %d of a hold of %d micro-dollars".formatted(charged, hold.held));
    }
    holds.remove(hold.name);
    for (Bound bound : hold.bounds) {
      Tally tally = tallies.get(bound.account());
      if (tally != null) {
        tally.held = Math.subtractExact(tally.held, hold.held);
        tally.spent = Math.addExact(tally.spent, charged);
      }
    }
  }

  private void spend(Account account, long micros) {
    Tally tally = tallies.get(account);
    if (tally != null) {
      tally.spent = Math.addExact(tally.spent, micros);
    }
  }

  private OpenHold open(Entry entry) throws LedgerCorrupt {
    OpenHold hold = holds.get(entry.hold());
    if (hold == null) {
      throw new LedgerCorrupt(
          entry.seq(),
          "a %s of hold %d, which is not open".formatted(entry.kind().word(), entry.hold()));
    }
    return hold;
  }

  private static String required(Entry entry, @Nullable String text) throws LedgerCorrupt {
    if (text == null) {
      throw new LedgerCorrupt(entry.seq(), "no account");
    }
    return text;
  }
}
