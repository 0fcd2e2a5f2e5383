package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.disk.GroupCommit;
import dev.comptroller.gateway.disk.SqliteFile;
import dev.comptroller.gateway.durable.WritePoint;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

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
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LONGEST_END = Duration.ofDays(1);

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

  private final GroupCommit<Pending<?>> commit =
      new GroupCommit<>("queue-database", MOST_WAITING, MOST_PER_COMMIT, this::commit);
  private final SqliteFile file;
  private final Connection writer;
  private final WritePoint point;

  private QueueDatabase(SqliteFile file, Connection writer, WritePoint point) {
    this.file = file;
    this.writer = writer;
    this.point = point;
  }

  /// Opens a file, bringing it to this version; a file that would not survive a crash is refused.
  static QueueDatabase open(Path path) throws SQLException {
    return open(path, WritePoint.OPEN);
  }

  /// The same with a point of its commits.
  static QueueDatabase open(Path path, WritePoint point) throws SQLException {
    SqliteFile file = SqliteFile.open(path, "db/queue");
    try {
      QueueDatabase database = new QueueDatabase(file, file.writer(), point);
      database.commit.start();
      return database;
    } catch (SQLException e) {
      file.close();
      throw e;
    }
  }

  /// Runs a work and returns when it is durable.
  <T> T write(Work<T> work) throws SQLException, InterruptedException {
    Pending<T> pending = new Pending<>(work);
    if (!commit.offer(pending, PATIENCE)) {
      throw new SQLException(
          "the queue's database is " + (commit.closing() ? "closed" : "overloaded"));
    }
    return pending.await();
  }

  /// Runs a work that only reads, on the last state that is durable.
  <T> T read(Work<T> work) throws SQLException {
    try (Connection reader = file.reader()) {
      return work.run(reader);
    }
  }

  @Override
  public void close() {
    try {
      if (!commit.close(LONGEST_END)) {
        LOG.log(Level.ERROR, "{0} writes to the queue''s database were given up", commit.waiting());
      }
      writer.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "closing the queue's database", e);
    }
    file.close();
  }

  private void commit(List<Pending<?>> together) {
    if (together.isEmpty()) {
      return;
    }
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
}
