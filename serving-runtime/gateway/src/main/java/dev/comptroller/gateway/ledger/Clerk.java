package dev.comptroller.gateway.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides operations one after the other, for one commit.
///
/// Each operation sees the effect of those before it in the same commit. An operation that changes
/// something makes one entry, which is applied to the books at once; a refusal makes none. Lives
/// between the lock of the ledger's head and the commit.
final class Clerk {
  private final Books books;
  private final Pages pages;
  private final Seal seal;
  private final String gateway;
  private final long atMicros;
  private final long nowNanos;
  private final Group group = new Group();
  private final Map<String, Entry> reserved = new HashMap<>();
  private final Map<Long, Entry> ended = new HashMap<>();
  private final Map<String, Entry> corrected = new HashMap<>();
  private long seq;
  private Digest hash;

  Clerk(Books books, Pages pages, Seal seal, Head head, String gateway, Instant at, long nanos) {
    this.books = books;
    this.pages = pages;
    this.seal = seal;
    this.gateway = gateway;
    this.atMicros = ChronoUnit.MICROS.between(Instant.EPOCH, at);
    this.nowNanos = nanos;
    this.seq = head.seq();
    this.hash = head.hash();
  }

  Group group() {
    return group;
  }

  /// The end of the chain once the group is written.
  Head head(long oldLines) {
    return new Head(seq, hash, books.openFrom(seq + 1), oldLines);
  }

  /// Reads at once what the reservations of a group would ask one by one.
  void expect(List<Operation> operations) throws SQLException {
    List<String> keys = new ArrayList<>();
    for (Operation operation : operations) {
      if (operation instanceof Operation.Reserve(Reservation reservation)) {
        keys.add(reservation.key());
      }
    }
    if (!keys.isEmpty()) {
      reserved.putAll(pages.reservations(keys));
    }
  }

  /// Decides one operation. Only operations that were expected may be decided.
  Object decide(Operation operation) throws SQLException {
    return switch (operation) {
      case Operation.Reserve(Reservation reservation) -> reserve(reservation);
      case Operation.Extend(HoldId hold, long micros, List<Bound> bounds) ->
          extend(hold, micros, bounds);
      case Operation.Settle(HoldId hold, long micros, UsageLine line) -> settle(hold, micros, line);
      case Operation.VoidHold(HoldId hold, UsageLine line) -> voidHold(hold, line);
      case Operation.Correct(Correction.TrueUp trueUp) -> trueUp(trueUp);
      case Operation.Correct(Correction.Refund refund) -> refund(refund);
      case Operation.Append(UsageLine line) ->
          write(new Draft(EntryKind.LINE, 0, 0).with(line), null);
    };
  }

  /// Ends a hold whose lifetime passed.
  void expire(OpenHold hold) throws SQLException {
    touch(hold.bounds);
    end(new Draft(EntryKind.EXPIRE, hold.name, hold.held));
  }

  private Reserved reserve(Reservation asked) throws SQLException {
    Entry before = reserved.get(asked.key());
    if (before != null) {
      return again(before, asked);
    }
    Long price = asked.priceVersion();
    if (price == null) {
      return new Reserved.PriceUnavailable();
    }
    Optional<Refused> refused = refusal(asked.bounds(), asked.micros());
    if (refused.isPresent()) {
      return refused.get();
    }
    Draft draft = new Draft(EntryKind.RESERVE, 0, asked.micros());
    draft.key = asked.key();
    draft.text = asked.fingerprint();
    draft.bounds = written(asked.bounds());
    draft.priceVersion = price;
    draft.lifetimeMillis = asked.lifetime().toMillis();
    Entry entry = write(draft, asked.bounds());
    reserved.put(asked.key(), entry);
    return new Reserved.Held(new HoldId(entry.seq()), asked.micros());
  }

  private Reserved again(Entry before, Reservation asked) throws SQLException {
    HoldId hold = new HoldId(before.seq());
    if (!asked.fingerprint().equals(before.text())) {
      return new Reserved.KeyConflict(hold);
    }
    OpenHold open = books.hold(before.seq());
    if (open != null) {
      return new Reserved.Replayed(hold, HoldState.OPEN, open.held, null);
    }
    Entry ending = ending(before.seq());
    if (ending == null) {
      throw new LedgerCorrupt(before.seq(), "a hold that is neither open nor ended");
    }
    long charged = ending.kind() == EntryKind.SETTLE ? ending.micros() : 0;
    return new Reserved.Replayed(hold, ending.state(), charged, ending.line());
  }

  private Extended extend(HoldId name, long micros, List<Bound> bounds) throws SQLException {
    OpenHold hold = books.hold(name.entry());
    if (hold == null) {
      Ended ended = ended(name);
      return ended == null ? new NoSuchHold(name) : ended;
    }
    List<Bound> now = rebound(hold.bounds, bounds);
    if (micros > 0) {
      Optional<Refused> refused = refusal(now, micros);
      if (refused.isPresent()) {
        return refused.get();
      }
    }
    long held = Math.addExact(hold.held, micros);
    Draft draft = new Draft(EntryKind.EXTEND, name.entry(), micros);
    boolean changed = !now.equals(hold.bounds);
    draft.bounds = changed ? written(now) : null;
    touch(now);
    write(draft, changed ? now : null);
    return new Extended.Granted(held);
  }

  private Settled settle(HoldId name, long micros, @Nullable UsageLine line) throws SQLException {
    OpenHold hold = books.hold(name.entry());
    if (hold == null) {
      Ended ended = ended(name);
      return ended == null ? new NoSuchHold(name) : ended;
    }
    if (micros > hold.held) {
      return new Settled.Exceeds(hold.held, micros);
    }
    if (line != null && !Objects.equals(line.priceVersion(), hold.priceVersion)) {
      throw new IllegalArgumentException(
          "the usage line has price version %s, hold %d was reserved at %s"
              .formatted(line.priceVersion(), hold.name, hold.priceVersion));
    }
    long freed = hold.held - micros;
    touch(hold.bounds);
    end(new Draft(EntryKind.SETTLE, hold.name, micros).with(line));
    return new Settled.Booked(micros, freed);
  }

  private Voided voidHold(HoldId name, @Nullable UsageLine line) throws SQLException {
    OpenHold hold = books.hold(name.entry());
    if (hold == null) {
      Ended ended = ended(name);
      return ended == null ? new NoSuchHold(name) : ended;
    }
    touch(hold.bounds);
    end(new Draft(EntryKind.VOID, hold.name, hold.held).with(line));
    return new Voided.Freed(hold.held);
  }

  private Corrected trueUp(Correction.TrueUp asked) throws SQLException {
    Entry before = correction(EntryKind.TRUE_UP, asked.key());
    if (before != null) {
      return new Corrected.Repeated(before.seq());
    }
    Tally tally = tally(asked.account());
    var _ = Math.addExact(tally.spent, asked.micros());
    Draft draft = new Draft(EntryKind.TRUE_UP, 0, asked.micros());
    draft.key = asked.key();
    draft.text = asked.reason();
    draft.bounds = tally.key;
    group.touched.add(tally);
    return booked(draft);
  }

  private Corrected refund(Correction.Refund asked) throws SQLException {
    long name = asked.hold().entry();
    Entry before = correction(EntryKind.REFUND, asked.key());
    if (before == null) {
      before = refundOf(name);
    }
    if (before != null) {
      return new Corrected.Repeated(before.seq());
    }
    OpenHold open = books.hold(name);
    if (open != null) {
      return new Corrected.NotRefundable(HoldState.OPEN, 0);
    }
    Entry ending = ending(name);
    if (ending == null) {
      return new NoSuchHold(asked.hold());
    }
    if (ending.kind() != EntryKind.SETTLE || ending.micros() < asked.micros()) {
      return new Corrected.NotRefundable(
          ending.state(), ending.kind() == EntryKind.SETTLE ? ending.micros() : 0);
    }
    List<Bound> bounds = boundsOf(name);
    touch(bounds);
    Draft draft = new Draft(EntryKind.REFUND, name, asked.micros());
    draft.key = asked.key();
    draft.text = asked.reason();
    draft.bounds = written(bounds);
    return booked(draft);
  }

  private Corrected booked(Draft draft) throws SQLException {
    Entry entry = write(draft, null);
    corrected.put(entry.kind() + "/" + entry.key(), entry);
    return new Corrected.Booked(entry.seq());
  }

  private @Nullable Entry correction(EntryKind kind, String key) throws SQLException {
    Entry here = corrected.get(kind + "/" + key);
    return here != null ? here : pages.correction(kind, key).orElse(null);
  }

  private @Nullable Entry refundOf(long hold) throws SQLException {
    for (Entry entry : corrected.values()) {
      if (entry.kind() == EntryKind.REFUND && entry.hold() == hold) {
        return entry;
      }
    }
    return pages.refund(hold).orElse(null);
  }

  private List<Bound> boundsOf(long hold) throws SQLException {
    for (Entry entry : group.entries) {
      if (entry.seq() == hold) {
        return Bounds.read(entry.bounds());
      }
    }
    return Bounds.read(
        pages.entry(hold).orElseThrow(() -> new LedgerCorrupt(hold, "is missing")).bounds());
  }

  private @Nullable Entry ending(long hold) throws SQLException {
    Entry here = ended.get(hold);
    return here != null ? here : pages.ending(hold).orElse(null);
  }

  private @Nullable Ended ended(HoldId hold) throws SQLException {
    Entry ending = ending(hold.entry());
    return ending == null
        ? null
        : new Ended(ending.state(), ending.kind() == EntryKind.SETTLE ? ending.micros() : 0);
  }

  private void end(Draft draft) throws SQLException {
    Entry entry = write(draft, null);
    ended.put(entry.hold(), entry);
  }

  /// The first account without room. Tells every account its limit, so that a lowered limit shows.
  private Optional<Refused> refusal(List<Bound> bounds, long micros) throws SQLException {
    Refused refused = null;
    for (Bound bound : bounds) {
      Tally tally = tally(bound.account());
      Long limit = bound.limitMicros();
      if (!Objects.equals(limit, tally.limit)) {
        tally.limit = limit;
        group.touched.add(tally);
      }
      if (refused == null && tally.room(limit) < micros) {
        long most = limit == null ? Long.MAX_VALUE : limit;
        refused = new Refused(tally.account, most, tally.spent, tally.held, micros);
      }
    }
    return Optional.ofNullable(refused);
  }

  private static List<Bound> rebound(List<Bound> held, List<Bound> told) {
    if (told.isEmpty()) {
      return held;
    }
    List<Bound> now = new ArrayList<>(held.size());
    for (Bound bound : held) {
      Bound found = bound;
      for (Bound other : told) {
        if (other.account().equals(bound.account())) {
          found = other;
        }
      }
      now.add(found);
    }
    return now;
  }

  private void touch(List<Bound> bounds) throws SQLException {
    for (Bound bound : bounds) {
      group.touched.add(tally(bound.account()));
    }
  }

  private Tally tally(Account account) throws SQLException {
    Tally known = books.tally(account);
    if (known != null) {
      return known;
    }
    Tally read = pages.tally(account);
    books.open(read);
    return read;
  }

  private String written(List<Bound> bounds) throws SQLException {
    StringBuilder text = new StringBuilder();
    for (Bound bound : bounds) {
      Tally tally = tally(bound.account());
      group.touched.add(tally);
      Bounds.put(text, tally.key, bound.limitMicros());
    }
    return text.toString();
  }

  private Entry write(Draft draft, @Nullable List<Bound> bounds) throws SQLException {
    UsageLine line = draft.line;
    seq++;
    Entry open =
        new Entry(
            seq,
            draft.kind,
            atMicros,
            gateway,
            draft.hold,
            draft.micros,
            draft.key,
            draft.bounds,
            draft.text,
            draft.priceVersion,
            draft.lifetimeMillis,
            line == null ? null : line.id(),
            line == null ? null : seal.of(line),
            hash);
    Entry entry = open.withHash(seal.of(hash, open));
    hash = entry.hash();
    books.apply(entry, bounds, nowNanos);
    group.entries.add(entry);
    if (line != null) {
      group.lines.add(line);
    }
    return entry;
  }

  /// An entry in the making.
  private static final class Draft {
    final EntryKind kind;
    final long hold;
    final long micros;
    @Nullable String key;
    @Nullable String bounds;
    @Nullable String text;
    @Nullable Long priceVersion;
    @Nullable Long lifetimeMillis;
    @Nullable UsageLine line;

    Draft(EntryKind kind, long hold, long micros) {
      this.kind = kind;
      this.hold = hold;
      this.micros = micros;
    }

    Draft with(@Nullable UsageLine written) {
      line = written;
      return this;
    }
  }
}
