package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerTest extends LedgerContract {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Override
  Database fresh() {
    return new Database.Embedded(folder);
  }

  @Override
  Connection connect(Database database) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
  }
}
