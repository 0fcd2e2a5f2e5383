package dev.comptroller.gateway.ledger;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Durable usage lines in SQLite: append-only, one writer thread, group commit.
///
/// [#append] returns when the line is on disk. Lines that arrive while a commit is under way share
/// the next one, so the number of disk syncs does not grow with the number of requests. A commit
/// that fails is tried again until it succeeds; meanwhile the ledger is not healthy and the gateway
/// admits nothing. One process owns a data folder at a time.
public final class UsageLedger implements AutoCloseable {
  private static final Logger LOG = System.getLogger(UsageLedger.class.getName());
  private static final int MOST_PER_COMMIT = 512;
  private static final int MOST_WAITING = 16_384;
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);

  private record Pending(UsageLine line, CountDownLatch durable) {}

  private final BlockingQueue<Pending> queue = new ArrayBlockingQueue<>(MOST_WAITING);
  private final UsageDatabase database;
  private final FileChannel lock;
  private final Duration patience;
  private final Thread writer;
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();
  private volatile boolean healthy = true;
  private volatile boolean closing;

  private UsageLedger(UsageDatabase database, FileChannel lock, Duration patience) {
    this.database = database;
    this.lock = lock;
    this.patience = patience;
    this.writer = Thread.ofPlatform().name("usage-ledger").unstarted(this::run);
  }

  /// Opens the ledger of a data folder, migrating it if needed.
  ///
  /// @param patience how long [#append] waits for the disk
  public static UsageLedger open(Path data, Duration patience) throws IOException, SQLException {
    Files.createDirectories(data);
    FileChannel lock =
        FileChannel.open(
            data.resolve("ledger.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (lock.tryLock() == null) {
        throw new IOException(
            "--data %s is in use by another gateway: give each one its own folder".formatted(data));
      }
      UsageLedger ledger =
          new UsageLedger(UsageDatabase.open(data.resolve("ledger.db")), lock, patience);
      ledger.writer.start();
      return ledger;
    } catch (IOException | SQLException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /// Appends a line and returns when it is durable.
  public void append(UsageLine line) throws LedgerUnavailable, InterruptedException {
    Pending pending = new Pending(line, new CountDownLatch(1));
    if (closing
        || !queue.offer(pending, patience.toMillis(), TimeUnit.MILLISECONDS)
        || !pending.durable().await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new LedgerUnavailable(
          closing
              ? "the usage ledger is closed"
              : "the usage ledger did not write within " + patience.toMillis() + " ms");
    }
  }

  /// Whether the last commit succeeded.
  public boolean healthy() {
    return healthy;
  }

  /// Lines made durable since the start.
  public long lines() {
    return lines.get();
  }

  /// Commits since the start.
  public long commits() {
    return commits.get();
  }

  /// Lines that wait for the disk.
  public int waiting() {
    return queue.size();
  }

  /// The latest lines, latest first.
  public List<UsageLine> recent(int limit) throws SQLException {
    return database.recent(limit);
  }

  /// Writes what is waiting and gives the folder back.
  @Override
  public void close() {
    closing = true;
    try {
      if (!writer.join(patience)) {
        writer.interrupt();
        LOG.log(Level.ERROR, "{0} usage lines could not be written at the end", queue.size());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    try {
      database.close();
      lock.close();
    } catch (IOException | SQLException e) {
      LOG.log(Level.WARNING, "closing the usage ledger", e);
    }
  }

  private void run() {
    List<Pending> batch = new ArrayList<>();
    try {
      while (!(closing && queue.isEmpty())) {
        Pending first = queue.poll(50, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          queue.drainTo(batch, MOST_PER_COMMIT - 1);
          commit(batch);
          batch.clear();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void commit(List<Pending> batch) throws InterruptedException {
    List<UsageLine> written = batch.stream().map(Pending::line).toList();
    Duration pause = FIRST_RETRY;
    while (true) {
      try {
        database.append(written);
        healthy = true;
        lines.addAndGet(written.size());
        commits.incrementAndGet();
        batch.forEach(pending -> pending.durable().countDown());
        return;
      } catch (SQLException e) {
        healthy = false;
        LOG.log(
            Level.ERROR,
            "{0} usage lines could not be written, trying again in {1} ms: {2}",
            written.size(),
            pause.toMillis(),
            e.getMessage());
        Thread.sleep(pause);
        pause =
            pause.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : pause.multipliedBy(2);
      }
    }
  }
}
