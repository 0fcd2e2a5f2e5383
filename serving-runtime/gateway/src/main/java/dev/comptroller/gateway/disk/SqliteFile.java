package dev.comptroller.gateway.disk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteOpenMode;

/// A SQLite file in which a commit survives a crash: WAL mode, synchronous=FULL, one writer.
///
/// A commit only appends to the log. A thread of its own carries the log over into the file, again
/// and again, so that the writer, which has to do the last of it before the log can begin anew,
/// finds little left to do.
public final class SqliteFile implements AutoCloseable {
  private static final Logger LOG = System.getLogger(SqliteFile.class.getName());
  private static final int FULL = 2;

  /// Pages of 4 KiB.
  private static final int LONGEST_LOG = 16_384;

  private static final int CACHE_KIB = 32_768;
  private static final Duration CARRY = Duration.ofMillis(250);

  /// Between two carries when the log is about to begin anew.
  private static final Duration SOON = Duration.ofMillis(5);

  private final Path file;
  private final SQLiteDataSource source;
  private final Thread carrier;

  private SqliteFile(Path file) {
    this.file = file;
    this.source = source(file);
    this.carrier =
        Thread.ofPlatform().daemon().name(file.getFileName() + "-carrier").unstarted(this::carry);
  }

  /// Opens a file, bringing it to this version.
  ///
  /// @param migrations where they are on the class path
  public static SqliteFile open(Path path, String migrations) throws SQLException {
    SqliteFile file = new SqliteFile(path);
    try {
      Flyway.configure(SqliteFile.class.getClassLoader())
          .dataSource(file.source)
          .locations("classpath:" + migrations)
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new SQLException(path + " cannot be brought to this version: " + e.getMessage(), e);
    }
    file.carrier.start();
    return file;
  }

  /// A connection for the writer, in manual-commit mode; refused where a crash would undo commits.
  public Connection writer() throws SQLException {
    Connection writer = source.getConnection();
    try {
      String journal = pragma(writer, "journal_mode");
      String synchronous = pragma(writer, "synchronous");
      if (!journal.equalsIgnoreCase("wal") || Integer.parseInt(synchronous) < FULL) {
        throw new SQLException(
            "%s would lose commits in a crash (journal_mode=%s, synchronous=%s): put --data on a"
                    .formatted(file, journal, synchronous)
                + " local disk");
      }
      try (Statement statement = writer.createStatement()) {
        statement.execute("PRAGMA wal_autocheckpoint = " + LONGEST_LOG);
        statement.execute("PRAGMA cache_size = -" + CACHE_KIB);
      }
      writer.setAutoCommit(false);
      return writer;
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  /// A connection for one read.
  public Connection reader() throws SQLException {
    return source.getConnection();
  }

  /// A connection for one read of a file that somebody else may have open.
  public static Connection reader(Path file) throws SQLException {
    return source(file).getConnection();
  }

  @Override
  public void close() {
    carrier.interrupt();
    try {
      carrier.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }

  private static SQLiteDataSource source(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(5_000);
    // Otherwise the driver asks for the last key after each insert.
    config.setGetGeneratedKeys(false);
    // A connection belongs to one thread at a time: no lock at every call.
    config.resetOpenMode(SQLiteOpenMode.FULLMUTEX);
    config.setOpenMode(SQLiteOpenMode.NOMUTEX);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  private void carry() {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      int before = 0;
      while (!Thread.currentThread().isInterrupted()) {
        int pages;
        try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
          pages = row.next() ? row.getInt(2) : 0;
        }
        Thread.sleep(pages > LONGEST_LOG * 3 / 4 && pages != before ? SOON : CARRY);
        before = pages;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "{0}: its log is carried over by the writer alone: {1}", file, e);
    }
  }

  private static String pragma(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }
}
