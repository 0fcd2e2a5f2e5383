package dev.comptroller.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.Correction;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class VerifyTest {
  private static final Account.TrueUp OWNER =
      new Account.TrueUp("team-a", "chat/large", Instant.parse("2026-01-01T00:00:00Z"));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void shouldSayThatALedgerFitsBesideTheGatewayThatWritesIt() throws Exception {
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.embedded(folder))) {
      var _ = ledger.correct(new Correction.TrueUp("k", OWNER, 5, "too cheap"));
      assertThat(verify("--data", folder.toString()))
          .startsWith("0 1 entries, 1 accounts, 0 open holds: all of it fits; the chain ends in ");
    }
  }

  @Test
  void shouldNameTheFirstBadEntry() throws Exception {
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.embedded(folder))) {
      var _ = ledger.correct(new Correction.TrueUp("k", OWNER, 5, "too cheap"));
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TRIGGER ledger_entry_is_never_changed");
      statement.execute("UPDATE ledger_entry SET micros = 4");
    }
    assertThat(verify("--data", folder.toString()))
        .startsWith("1 gateway verify: entry 1 of the ledger: its hash does not follow");
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThat(verify("--data", folder.resolve("none").toString()))
        .startsWith("2 ")
        .contains("there is no ledger.db in --data");
    assertThat(verify()).startsWith("2 ").contains("--data", "--ledger-url");
    assertThat(verify("--ledger-url", "jdbc:h2:mem:x"))
        .startsWith("2 ")
        .contains("must start with jdbc:postgresql://");
  }

  @Test
  void shouldTakeCredentialsOfTheLedgerFromTheEnvironmentOnly() {
    String url = "jdbc:postgresql://db/ledger";
    assertThat(
            LedgerPlace.of(
                folder, url, Map.of(LedgerPlace.USER, "gateway", LedgerPlace.PASSWORD, "canary")))
        .isEqualTo(new Database.Postgres(url, "gateway", "canary"));
    assertThat(LedgerPlace.of(folder, null, Map.of())).isEqualTo(new Database.Embedded(folder));
    assertThatThrownBy(() -> LedgerPlace.of(folder, url + "?user=a&password=canary", Map.of()))
        .hasMessageContaining(LedgerPlace.PASSWORD);
  }

  private static String verify(String... args) {
    StringWriter said = new StringWriter();
    int status =
        new CommandLine(new Verify())
            .setOut(new PrintWriter(said, true))
            .setErr(new PrintWriter(said, true))
            .execute(args);
    return status + " " + said;
  }
}
