package dev.comptroller.gateway.ledger;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A ledger without a disk, for simulations: every decision is made by the code that decides for
/// the durable one, in the thread that asks.
///
/// An operation is a commit of its own, whose pages stay. [#crash] forgets all the rest, as the end
/// of a process does, and reads the pages again, checking the chain. Time passes when its source
/// says so; [#sweep] does what the durable ledger does by itself every so often. Not thread-safe.
public final class MemoryLedger implements ChargeLedger {
  private final MemoryPages pages = new MemoryPages();
  private final Clock clock;
  private final LongSupplier nanos;
  private Replica replica = new Replica();
  private long commits;

  /// An empty ledger.
  ///
  /// @param clock dates entries
  /// @param nanos monotonic; holds expire by it
  public MemoryLedger(Clock clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
  }

  /// Loses what the end of a process loses.
  public void crash() {
    replica = new Replica();
    follow();
  }

  /// Ends the holds whose lifetime has passed; how many there were.
  public int sweep() {
    follow();
    List<OpenHold> overdue = replica.books().overdue(nanos.getAsLong(), Integer.MAX_VALUE);
    if (!overdue.isEmpty()) {
      commit(
          clerk -> {
            for (OpenHold hold : overdue) {
              clerk.expire(hold);
            }
            return overdue;
          });
    }
    return overdue.size();
  }

  /// What a hold still holds; 0 when it has ended.
  public long held(HoldId hold) {
    OpenHold open = replica.books().hold(hold.entry());
    return open == null ? 0 : open.held;
  }

  /// Entries since the beginning.
  public long entries() {
    return pages.head().seq();
  }

  @Override
  public Reserved reserve(Reservation reservation) {
    return ask(new Operation.Reserve(reservation), Reserved.class);
  }

  @Override
  public Extended extend(HoldId hold, long micros, List<Bound> bounds) {
    return ask(new Operation.Extend(hold, micros, List.copyOf(bounds)), Extended.class);
  }

  @Override
  public Settled settle(HoldId hold, long micros, @Nullable UsageLine line) {
    return ask(new Operation.Settle(hold, micros, line), Settled.class);
  }

  @Override
  public Voided voidHold(HoldId hold, @Nullable UsageLine line) {
    return ask(new Operation.VoidHold(hold, line), Voided.class);
  }

  @Override
  public Corrected correct(Correction correction) {
    return ask(new Operation.Correct(correction), Corrected.class);
  }

  @Override
  public void append(UsageLine line) {
    var _ = ask(new Operation.Append(line), Entry.class);
  }

  @Override
  public Standing standing(Account account) {
    return pages.tally(account).standing();
  }

  @Override
  public List<Standing> standings(Instant from) {
    return pages.tallies().stream()
        .filter(tally -> !tally.account.periodStart().isBefore(from))
        .map(Tally::standing)
        .toList();
  }

  @Override
  public int openHolds() {
    return replica.books().openHolds();
  }

  @Override
  public List<UsageLine> recent(int limit) {
    List<UsageLine> lines = pages.lines();
    return List.copyOf(lines.subList(Math.max(0, lines.size() - limit), lines.size()).reversed());
  }

  @Override
  public boolean healthy() {
    return true;
  }

  @Override
  public long lines() {
    return pages.lines().size();
  }

  @Override
  public long commits() {
    return commits;
  }

  @Override
  public int waiting() {
    return 0;
  }

  @Override
  public void close() {
    // Nothing is to be given back.
  }

  private <T> T ask(Operation operation, Class<T> type) {
    follow();
    return type.cast(
        commit(
            clerk -> {
              clerk.expect(List.of(operation));
              return clerk.decide(operation);
            }));
  }

  /// What a clerk is to decide.
  @FunctionalInterface
  private interface Decision {
    Object by(Clerk clerk) throws SQLException;
  }

  private Object commit(Decision decision) {
    Clerk clerk =
        new Clerk(
            replica.books(),
            pages,
            replica.seal(),
            pages.head(),
            "memory",
            clock.instant(),
            nanos.getAsLong());
    Object answer;
    try {
      answer = decision.by(clerk);
    } catch (SQLException e) {
      throw new AssertionError("memory does not fail", e);
    }
    Group group = clerk.group();
    if (!group.isEmpty()) {
      Head after = clerk.head(0);
      pages.write(group, after);
      replica.wrote(after);
      commits++;
    }
    return answer;
  }

  private void follow() {
    try {
      boolean _ = replica.follow(pages, pages.head(), nanos.getAsLong());
    } catch (SQLException e) {
      throw new AssertionError("memory does not fail", e);
    }
  }
}
