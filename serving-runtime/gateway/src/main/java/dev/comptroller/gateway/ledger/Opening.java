package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.IOException;
import java.sql.SQLException;

/// Opens databases and the ledgers in them.
final class Opening {
  private Opening() {}

  static ChargeLedger of(LedgerSettings settings) throws IOException, SQLException {
    LedgerDatabase database = database(settings.database());
    try {
      return DurableLedger.open(database, settings);
    } catch (SQLException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  static LedgerDatabase database(Database where) throws IOException, SQLException {
    return switch (where) {
      case Database.Embedded(var data) -> SqliteDatabase.open(data);
      case Database.Postgres postgres -> PostgresDatabase.open(postgres);
    };
  }
}
