package dev.comptroller.gateway.ledger;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteException;

/// A ledger in `ledger.db` of a data folder, which belongs to one process at a time.
///
/// A file that does not run in WAL mode with synchronous=FULL is refused, because a commit would
/// not survive a crash there.
final class SqliteDatabase implements LedgerDatabase {
  private static final Logger LOG = System.getLogger(SqliteDatabase.class.getName());
  private static final int FULL = 2;
  private static final int LONGEST_LOG = 16_384;
  private static final Duration CARRY = Duration.ofMillis(250);
  private static final String BY_KEY =
      "SELECT " + LedgerRows.ENTRY + " FROM ledger_entry WHERE key = ? AND kind = 'reserve'";

  private final Path file;
  private final SQLiteDataSource source;
  private final FileChannel lock;
  private final Thread carrier;

  private SqliteDatabase(Path file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
    this.source = source(file);
    this.carrier = Thread.ofPlatform().daemon().name("ledger-carrier").unstarted(this::carry);
  }

  static SQLiteDataSource source(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(5_000);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  static SqliteDatabase open(Path data) throws IOException, SQLException {
    Files.createDirectories(data);
    FileChannel lock =
        FileChannel.open(
            data.resolve("ledger.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!locked(lock)) {
        throw new IOException(
            "--data %s is in use by another gateway: give each one its own folder, or all of them a"
                    .formatted(data)
                + " PostgreSQL (--ledger-url)");
      }
      SqliteDatabase database = new SqliteDatabase(data.resolve("ledger.db"), lock);
      database.migrate();
      database.carrier.start();
      return database;
    } catch (IOException | SQLException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static boolean locked(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      return false;
    }
  }

  private void migrate() throws SQLException {
    try {
      Flyway.configure(SqliteDatabase.class.getClassLoader())
          .dataSource(source)
          .locations("classpath:db/ledger")
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new SQLException(file + " cannot be brought to this version: " + e.getMessage(), e);
    }
  }

  @Override
  public Connection writer() throws SQLException {
    Connection writer = source.getConnection();
    try {
      String journal = pragma(writer, "journal_mode");
      String synchronous = pragma(writer, "synchronous");
      if (!journal.equalsIgnoreCase("wal") || Integer.parseInt(synchronous) < FULL) {
        throw new SQLException(
            "%s would lose lines in a crash (journal_mode=%s, synchronous=%s): put --data on a"
                    .formatted(file, journal, synchronous)
                + " local disk");
      }
      try (Statement statement = writer.createStatement()) {
        statement.execute("PRAGMA wal_autocheckpoint = " + LONGEST_LOG);
      }
      writer.setAutoCommit(false);
      return writer;
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  @Override
  public Connection reader() throws SQLException {
    return source.getConnection();
  }

  /// The transaction itself is the lock.
  @Override
  public String headLock() {
    return "";
  }

  @Override
  public Map<String, Entry> reservations(Connection connection, Collection<String> keys)
      throws SQLException {
    Map<String, Entry> found = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(BY_KEY)) {
      for (String key : keys) {
        select.setString(1, key);
        try (ResultSet row = select.executeQuery()) {
          if (row.next()) {
            found.put(key, LedgerRows.entry(row));
          }
        }
      }
    }
    return found;
  }

  @Override
  public boolean refusedForGood(SQLException e) {
    return e instanceof SQLiteException sqlite
        && switch (sqlite.getResultCode()) {
          case SQLITE_CONSTRAINT_CHECK,
              SQLITE_CONSTRAINT_UNIQUE,
              SQLITE_CONSTRAINT_NOTNULL,
              SQLITE_CONSTRAINT_PRIMARYKEY,
              SQLITE_CONSTRAINT_DATATYPE ->
              true;
          default -> false;
        };
  }

  @Override
  public void close() throws IOException {
    carrier.interrupt();
    try {
      carrier.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    lock.close();
  }

  private void carry() {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(CARRY);
        statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "{0}: its log is carried over by the writer alone: {1}", file, e);
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }

  private static String pragma(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA " + name)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }
}
