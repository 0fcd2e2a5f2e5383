package dev.comptroller.gateway.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/// Durable usage lines: every request leaves one.
public interface UsageLedger extends AutoCloseable {
  /// Opens the ledger in a data folder, migrating it if needed.
  ///
  /// @param patience how long an operation waits for the disk
  static ChargeLedger open(Path data, Duration patience) throws IOException, SQLException {
    return ChargeLedger.open(LedgerSettings.embedded(data).withPatience(patience));
  }

  /// Appends the line of a request that held no money, and returns when it is durable.
  void append(UsageLine line) throws LedgerUnavailable, InterruptedException;

  /// The latest lines, latest first.
  List<UsageLine> recent(int limit) throws SQLException;

  /// Whether the last commit succeeded.
  boolean healthy();

  /// Lines made durable since the start.
  long lines();

  /// Commits since the start.
  long commits();

  /// Operations that wait for the disk.
  int waiting();

  /// Writes what is waiting and gives the database back.
  @Override
  void close();
}
