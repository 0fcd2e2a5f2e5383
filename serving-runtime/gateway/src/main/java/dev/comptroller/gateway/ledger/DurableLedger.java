package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.disk.GroupCommit;
import dev.comptroller.gateway.durable.WritePoint;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The ledger in a database: one writer thread, group commit.
///
/// Operations that arrive while a commit is under way share the next one, so the number of disk
/// syncs does not grow with the number of requests. A commit that fails is tried again until it
/// succeeds; whether the failed one had reached the disk after all is read from the chain first.
/// Meanwhile the ledger is not healthy and the gateway admits nothing.
final class DurableLedger implements ChargeLedger {
  private static final Logger LOG = System.getLogger(DurableLedger.class.getName());
  private static final int MOST_PER_COMMIT = 1_024;
  private static final int MOST_WAITING = 16_384;
  private static final int MOST_ACCOUNTS = 20_000;
  private static final int MOST_EXPIRED = 512;
  private static final int LOOKS = 20;
  private static final Duration LONGEST_LOOK = Duration.ofMillis(100);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);

  private record Sent(Head head, Group group) {}

  private final GroupCommit<Pending> commit =
      new GroupCommit<>("ledger", MOST_WAITING, MOST_PER_COMMIT, this::take);
  private final Map<Account, Standing> standings = new ConcurrentHashMap<>();
  private final LedgerDatabase database;
  private final LedgerSettings settings;
  private final LedgerStore store;
  private final Thread watch;
  private final Replica replica = new Replica();
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();
  private volatile List<Pending> inHand = List.of();
  private @Nullable Sent sent;
  private long sweptNanos;
  private volatile int openHolds;
  private volatile boolean failing;
  private volatile long busySinceNanos;
  private volatile boolean busy;

  private DurableLedger(LedgerDatabase database, LedgerSettings settings) {
    this.database = database;
    this.settings = settings;
    this.store = new LedgerStore(database);
    this.watch = Thread.ofVirtual().name("ledger-watch").unstarted(this::watch);
    this.sweptNanos = settings.nanos().getAsLong();
  }

  /// Takes the ledger up where it ended; refuses one whose open end does not fit together.
  static DurableLedger open(LedgerDatabase database, LedgerSettings settings) throws SQLException {
    DurableLedger ledger = new DurableLedger(database, settings);
    try {
      Head head = ledger.store.lock();
      var _ = ledger.replica.follow(ledger.store, head, settings.nanos().getAsLong());
      ledger.openHolds = ledger.replica.books().openHolds();
      ledger.store.release();
    } catch (SQLException | RuntimeException e) {
      ledger.store.rollback();
      throw e;
    }
    ledger.commit.start();
    ledger.watch.start();
    return ledger;
  }

  @Override
  public Reserved reserve(Reservation reservation) throws LedgerUnavailable, InterruptedException {
    return ask(new Operation.Reserve(reservation), Reserved.class);
  }

  @Override
  public Extended extend(HoldId hold, long micros, List<Bound> bounds)
      throws LedgerUnavailable, InterruptedException {
    requireNotNegative(micros);
    return ask(new Operation.Extend(hold, micros, List.copyOf(bounds)), Extended.class);
  }

  @Override
  public Settled settle(HoldId hold, long micros, @Nullable UsageLine line)
      throws LedgerUnavailable, InterruptedException {
    requireNotNegative(micros);
    requireCharge(line, micros);
    return ask(new Operation.Settle(hold, micros, line), Settled.class);
  }

  @Override
  public Voided voidHold(HoldId hold, @Nullable UsageLine line)
      throws LedgerUnavailable, InterruptedException {
    if (line != null && line.chargeMicros() != null) {
      requireCharge(line, 0);
    }
    return ask(new Operation.VoidHold(hold, line), Voided.class);
  }

  @Override
  public Corrected correct(Correction correction) throws LedgerUnavailable, InterruptedException {
    return ask(new Operation.Correct(correction), Corrected.class);
  }

  @Override
  public void append(UsageLine line) throws LedgerUnavailable, InterruptedException {
    var _ = ask(new Operation.Append(line), Entry.class);
  }

  @Override
  public Standing standing(Account account) throws SQLException {
    Standing known = standings.get(account);
    if (known != null) {
      return known;
    }
    try (Connection reader = database.reader();
        PreparedStatement select =
            reader.prepareStatement(
                "SELECT account, spent, held, limit_micros FROM ledger_account WHERE account = ?")) {
      select.setString(1, account.key());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? standing(row) : new Standing(account, 0, 0, null);
      }
    }
  }

  @Override
  public List<Standing> standings(Instant from) throws SQLException {
    List<Standing> found = new ArrayList<>();
    try (Connection reader = database.reader();
        PreparedStatement select =
            reader.prepareStatement(
                "SELECT account, spent, held, limit_micros FROM ledger_account"
                    + " WHERE period_micros >= ? ORDER BY account")) {
      select.setLong(1, LedgerRows.micros(from));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(standing(rows));
        }
      }
    }
    return found;
  }

  private static Standing standing(ResultSet row) throws SQLException {
    return new Standing(
        Account.parse(row.getString(1)),
        row.getLong(2),
        row.getLong(3),
        LedgerRows.maybeLong(row, 4));
  }

  @Override
  public List<UsageLine> recent(int limit) throws SQLException {
    List<UsageLine> found = new ArrayList<>();
    try (Connection reader = database.reader();
        PreparedStatement select =
            reader.prepareStatement(
                "SELECT " + LedgerRows.LINE + " FROM usage_line ORDER BY seq DESC LIMIT ?")) {
      select.setInt(1, limit);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(LedgerRows.line(rows, 1));
        }
      }
    }
    return found;
  }

  @Override
  public int openHolds() {
    return openHolds;
  }

  @Override
  public boolean healthy() {
    return !failing
        && !(busy && settings.nanos().getAsLong() - busySinceNanos > settings.patience().toNanos());
  }

  @Override
  public long lines() {
    return lines.get();
  }

  @Override
  public long commits() {
    return commits.get();
  }

  @Override
  public int waiting() {
    return commit.waiting();
  }

  @Override
  public void close() {
    try {
      if (!commit.close(settings.patience())) {
        LOG.log(
            Level.ERROR, "{0} ledger operations could not be written at the end", commit.waiting());
      }
      watch.interrupt();
      watch.join();
      giveUp(Duration.ZERO);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    store.rollback();
    try {
      database.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "closing the ledger", e);
    }
  }

  /// Sends an operation through the writer and waits until its effect is durable. A reservation
  /// that is given up before the writer took it has no effect; everything else is carried out.
  private <T> T ask(Operation operation, Class<T> type)
      throws LedgerUnavailable, InterruptedException {
    Pending pending = new Pending(operation, System.nanoTime());
    boolean reserves = operation instanceof Operation.Reserve;
    Duration patience = settings.patience();
    if (commit.closing()) {
      throw new LedgerUnavailable("the ledger is closed");
    }
    boolean queued = commit.offer(pending, reserves ? Duration.ZERO : patience);
    if (!queued) {
      throw new LedgerUnavailable(
          "%d operations already wait for the ledger: try again later".formatted(MOST_WAITING));
    }
    boolean durable = false;
    try {
      if (commit.ended()) {
        pending.giveUp(System.nanoTime());
      }
      durable = pending.await();
    } finally {
      if (!durable && reserves && pending.claim()) {
        commit.withdraw(pending);
      }
    }
    if (!durable) {
      throw new LedgerUnavailable("the ledger did not write within " + patience.toMillis() + " ms");
    }
    return pending.answer(type);
  }

  /// Sends away who has waited too long, so that nobody needs a timer of his own.
  private void watch() {
    Duration patience = settings.patience();
    Duration part = patience.dividedBy(LOOKS);
    Duration look = part.compareTo(LONGEST_LOOK) > 0 ? LONGEST_LOOK : part;
    try {
      while (true) {
        Thread.sleep(look);
        giveUp(patience);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void giveUp(Duration patience) {
    long last = System.nanoTime() - patience.toNanos();
    commit.forEachWaiting(pending -> pending.giveUp(last));
    inHand.forEach(pending -> pending.giveUp(last));
  }

  private void take(List<Pending> batch) throws InterruptedException {
    batch.removeIf(pending -> !pending.claim());
    batch.sort(Comparator.comparingInt(pending -> pending.operation().turn()));
    long now = settings.nanos().getAsLong();
    boolean sweep = now - sweptNanos >= settings.sweep().toNanos();
    if (!batch.isEmpty() || sweep) {
      busySinceNanos = now;
      busy = true;
      inHand = List.copyOf(batch);
      write(batch, sweep);
      inHand = List.of();
      busy = false;
    }
  }

  private void write(List<Pending> batch, boolean sweep) throws InterruptedException {
    Duration pause = FIRST_RETRY;
    while (true) {
      Throwable trouble;
      try {
        attempt(batch, sweep);
        failing = false;
        return;
      } catch (SQLException e) {
        if (givenUp(batch, database.refusedForGood(e), e)) {
          return;
        }
        trouble = e;
      } catch (RuntimeException e) {
        if (givenUp(batch, true, e)) {
          return;
        }
        trouble = e;
      } catch (AssertionError e) {
        // PostgreSQL's driver asserts that a connection is open when it was cut in a batch.
        var _ = givenUp(batch, false, e);
        trouble = e;
      }
      failing = true;
      LOG.log(
          Level.ERROR,
          "{0} ledger operations could not be written, trying again in {1} ms: {2}",
          batch.size(),
          pause.toMillis(),
          trouble.getMessage());
      Thread.sleep(pause);
      pause = pause.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : pause.multipliedBy(2);
    }
  }

  /// Forgets what a failed attempt left behind. True if it will never do and its operations were
  /// answered one by one instead.
  private boolean givenUp(List<Pending> batch, boolean forGood, Throwable why)
      throws InterruptedException {
    store.rollback();
    replica.reset();
    if (!forGood || batch.isEmpty() || sent != null) {
      return false;
    }
    oneByOne(batch, why);
    return true;
  }

  /// Finds the operation that the database will never take, so that it does not hold up the others.
  private void oneByOne(List<Pending> batch, Throwable e) throws InterruptedException {
    if (batch.size() > 1) {
      for (Pending pending : batch) {
        write(List.of(pending), false);
      }
      return;
    }
    Pending pending = batch.getFirst();
    pending.failed(new IllegalStateException("the ledger cannot take this: " + e.getMessage(), e));
    pending.release();
  }

  private void attempt(List<Pending> batch, boolean sweep) throws SQLException {
    Head head = store.lock();
    long now = settings.nanos().getAsLong();
    if (replica.follow(store, head, now)) {
      publish(replica.books().tallies());
    }
    Sent before = sent;
    if (before != null && store.contains(before.head())) {
      sent = null;
      store.release();
      finish(batch, before.group());
      return;
    }
    sent = null;
    Clerk clerk =
        new Clerk(
            replica.books(),
            store,
            replica.seal(),
            head,
            settings.gateway(),
            settings.clock().instant(),
            now);
    clerk.expect(batch.stream().map(Pending::operation).toList());
    for (Pending pending : batch) {
      try {
        pending.decided(clerk.decide(pending.operation()));
      } catch (ArithmeticException | IllegalArgumentException e) {
        pending.failed(e);
      }
    }
    if (sweep) {
      expire(clerk, now);
    }
    Group group = clerk.group();
    if (group.isEmpty()) {
      store.release();
    } else {
      Head after = clerk.head(head.oldLines());
      store.write(group, after);
      sent = group.entries.isEmpty() ? null : new Sent(after, group);
      settings.point().pass("ledger commit", WritePoint.Side.BEFORE);
      store.commit();
      settings.point().pass("ledger commit", WritePoint.Side.AFTER);
      sent = null;
      replica.wrote(after);
      commits.incrementAndGet();
    }
    finish(batch, group);
  }

  private void expire(Clerk clerk, long now) throws SQLException {
    List<OpenHold> overdue = replica.books().overdue(now, MOST_EXPIRED);
    for (OpenHold hold : overdue) {
      clerk.expire(hold);
    }
    if (overdue.size() < MOST_EXPIRED) {
      sweptNanos = now;
    }
    if (!overdue.isEmpty()) {
      LOG.log(Level.INFO, "{0} holds expired: nobody ended them in time", overdue.size());
    }
  }

  private void finish(List<Pending> batch, Group group) {
    publish(group.touched);
    lines.addAndGet(group.lines.size());
    openHolds = replica.books().openHolds();
    batch.forEach(Pending::release);
    if (replica.books().trim(MOST_ACCOUNTS)) {
      standings.keySet().removeIf(account -> replica.books().tally(account) == null);
    }
  }

  private void publish(Iterable<Tally> tallies) {
    for (Tally tally : tallies) {
      standings.put(tally.account, tally.standing());
    }
  }

  private static void requireNotNegative(long micros) {
    if (micros < 0) {
      throw new IllegalArgumentException("micros must be 0 or more, is " + micros);
    }
  }

  private static void requireCharge(@Nullable UsageLine line, long micros) {
    if (line != null && !Long.valueOf(micros).equals(line.chargeMicros())) {
      throw new IllegalArgumentException(
          "the usage line charges %s micro-dollars, the ledger is to charge %d"
              .formatted(line.chargeMicros(), micros));
    }
  }
}
