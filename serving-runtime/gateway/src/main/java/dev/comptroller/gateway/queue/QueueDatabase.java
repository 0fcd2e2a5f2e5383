package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.durable.WritePoint;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/// The queue's SQLite file: one writer thread, group commit, readers beside it.
///
/// It is a file of its own, beside the ledger's: a batch of 50,000 lines is one long transaction
/// and must not hold up the ledger's commits, and the ledger may live in another database. What
/// ties the two together is an idempotency key per item. [#write] returns when the work is on disk;
/// works that arrive together share a commit, each under a savepoint of its own, so that one that
/// fails takes none of the others along.
final class QueueDatabase implements AutoCloseable {
  private static final Logger LOG = System.getLogger(QueueDatabase.class.getName());
  private static final int MOST_PER_COMMIT = 128;
  private static final int MOST_WAITING = 4_096;
  private static final int FULL = 2;

  /// Statements that belong together.
  @FunctionalInterface
  interface Work<T> {
    /// Runs them.
    T run(Connection connection) throws SQLException;
  }

  /// One work on its way to the disk.
  private static final class Pending<T> {
    private final Work<T> work;
    private final CountDownLatch over = new CountDownLatch(1);
    private @Nullable T result;
    private @Nullable SQLException failure;

    Pending(Work<T> work) {
      this.work = work;
    }

    void run(Connection connection) throws SQLException {
      Savepoint savepoint = connection.setSavepoint();
      try {
        result = work.run(connection);
        connection.releaseSavepoint(savepoint);
      } catch (SQLException e) {
        connection.rollback(savepoint);
        failure = e;
      } catch (RuntimeException e) {
        connection.rollback(savepoint);
        failure = new SQLException("a defect in a statement: " + e, e);
      }
    }

    void end(@Nullable SQLException why) {
      if (why != null && failure == null) {
        failure = why;
      }
      over.countDown();
    }

    @SuppressWarnings("NullAway") // a work decides whether its result may be null
    T await() throws SQLException, InterruptedException {
      over.await();
      if (failure != null) {
        throw new SQLException(failure.getMessage(), failure);
      }
      return result;
    }
  }

  private final BlockingQueue<Pending<?>> queue = new ArrayBlockingQueue<>(MOST_WAITING);
  private final SQLiteDataSource source;
  private final Connection writer;
  private final Thread thread;
  private final WritePoint point;
  private volatile boolean closing;

  private QueueDatabase(SQLiteDataSource source, Connection writer, WritePoint point) {
    this.source = source;
    this.writer = writer;
    this.point = point;
    this.thread = Thread.ofPlatform().name("queue-database").unstarted(this::run);
  }

  /// Opens a file, bringing it to this version; a file that would not survive a crash is refused.
  static QueueDatabase open(Path file) throws SQLException {
    return open(file, WritePoint.OPEN);
  }

  /// The same with a point of its commits.
  static QueueDatabase open(Path file, WritePoint point) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(5_000);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    try {
      Flyway.configure(QueueDatabase.class.getClassLoader())
          .dataSource(source)
          .locations("classpath:db/queue")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new SQLException(file + " cannot be brought to this version: " + e.getMessage(), e);
    }
    Connection writer = source.getConnection();
    try {
      requireDurable(writer, file);
      writer.setAutoCommit(false);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
    QueueDatabase database = new QueueDatabase(source, writer, point);
    database.thread.start();
    return database;
  }

  /// Runs a work and returns when it is durable.
  <T> T write(Work<T> work) throws SQLException, InterruptedException {
    Pending<T> pending = new Pending<>(work);
    if (closing || !queue.offer(pending, 10, TimeUnit.SECONDS)) {
      throw new SQLException("the queue's database is " + (closing ? "closed" : "overloaded"));
    }
    return pending.await();
  }

  /// Runs a work that only reads, on the last state that is durable.
  <T> T read(Work<T> work) throws SQLException {
    try (Connection reader = source.getConnection()) {
      return work.run(reader);
    }
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
      writer.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "closing the queue's database", e);
    }
  }

  private void run() {
    List<Pending<?>> together = new ArrayList<>();
    try {
      while (!(closing && queue.isEmpty())) {
        Pending<?> first = queue.poll(50, TimeUnit.MILLISECONDS);
        if (first != null) {
          together.add(first);
          queue.drainTo(together, MOST_PER_COMMIT - 1);
          commit(together);
          together.clear();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void commit(List<Pending<?>> together) {
    SQLException failure = null;
    try {
      for (Pending<?> pending : together) {
        pending.run(writer);
      }
      point.pass("queue commit", WritePoint.Side.BEFORE);
      writer.commit();
      point.pass("queue commit", WritePoint.Side.AFTER);
    } catch (SQLException e) {
      failure = e;
      LOG.log(Level.ERROR, "the queue's database cannot write: {0}", e.getMessage());
      try {
        writer.rollback();
      } catch (SQLException rollback) {
        e.addSuppressed(rollback);
      }
    }
    for (Pending<?> pending : together) {
      pending.end(failure);
    }
  }

  private static void requireDurable(Connection connection, Path file) throws SQLException {
    String journal = Sql.text(connection, "PRAGMA journal_mode");
    String synchronous = Sql.text(connection, "PRAGMA synchronous");
    if (!journal.equalsIgnoreCase("wal") || Integer.parseInt(synchronous) < FULL) {
      throw new SQLException(
          "%s would lose batches in a crash (journal_mode=%s, synchronous=%s): put --data on a local disk"
              .formatted(file, journal, synchronous));
    }
  }
}
