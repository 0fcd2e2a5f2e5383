package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("integration")
@ExtendWith(SharedPostgres.class)
class PostgresLedgerTest extends LedgerContract {
  private final PostgresServer server;

  PostgresLedgerTest(PostgresServer server) {
    this.server = server;
  }

  @Override
  Database fresh() throws SQLException {
    return server.fresh();
  }

  @Override
  Connection connect(Database database) throws SQLException {
    return PostgresServer.connect((Database.Postgres) database);
  }
}
