package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.disk.SqliteFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import org.sqlite.SQLiteException;

/// A ledger in `ledger.db` of a data folder, which belongs to one process at a time.
final class SqliteDatabase implements LedgerDatabase {
  private final SqliteRows rows = new SqliteRows();
  private final SqliteFile file;
  private final FileChannel lock;

  private SqliteDatabase(SqliteFile file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
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
      return new SqliteDatabase(SqliteFile.open(data.resolve("ledger.db"), "db/ledger"), lock);
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

  @Override
  public Connection writer() throws SQLException {
    return file.writer();
  }

  @Override
  public Connection reader() throws SQLException {
    return file.reader();
  }

  /// The transaction itself is the lock.
  @Override
  public String headLock() {
    return "";
  }

  @Override
  public Map<String, Entry> reservations(Statements statements, Collection<String> keys)
      throws SQLException {
    return rows.reservations(statements, keys);
  }

  @Override
  public void write(Statements statements, Group group, Head head) throws SQLException {
    rows.write(statements, group, head);
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
    file.close();
    lock.close();
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
