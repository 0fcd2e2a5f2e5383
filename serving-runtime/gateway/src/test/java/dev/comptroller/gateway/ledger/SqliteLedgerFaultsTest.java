package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class SqliteLedgerFaultsTest extends LedgerFaults {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Override
  Database fresh() throws Exception {
    return new Database.Embedded(Files.createTempDirectory(folder, "data"));
  }

  @Override
  Database copy(Database database) throws Exception {
    Database.Embedded copy = (Database.Embedded) fresh();
    Files.copy(data(database).resolve("ledger.db"), copy.data().resolve("ledger.db"));
    return copy;
  }

  @Override
  Connection connect(Database database) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + data(database).resolve("ledger.db"));
  }

  @Override
  List<String> unlock() {
    return List.of(
        "DROP TRIGGER ledger_entry_is_never_changed", "DROP TRIGGER ledger_entry_is_never_removed");
  }

  @Override
  List<String> arguments(Database database) {
    return List.of("sqlite", data(database).toString());
  }

  private static Path data(Database database) {
    return ((Database.Embedded) database).data();
  }
}
