package dev.comptroller.gateway;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the command line says that the ledger is.
final class LedgerPlace {
  static final String USER = "COMPTROLLER_LEDGER_USER";
  static final String PASSWORD = "COMPTROLLER_LEDGER_PASSWORD";

  private LedgerPlace() {}

  /// The PostgreSQL of `--ledger-url` with credentials from the environment, where no process list
  /// shows them; else SQLite in the data folder.
  static Database of(Path data, @Nullable String url, Map<String, String> environment) {
    return url == null ? new Database.Embedded(data) : postgres(url, environment);
  }

  static Database postgres(String url, Map<String, String> environment) {
    return new Database.Postgres(
        url, environment.getOrDefault(USER, "comptroller"), environment.getOrDefault(PASSWORD, ""));
  }
}
