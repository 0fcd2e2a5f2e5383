package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What every ledger promises whatever order things come in, and whoever lays hands on it.
abstract class LedgerFaults extends LedgerFixture {
  private static final int SEEDS = Integer.getInteger("ledger.seeds", 2);
  private static final int STEPS = 250;

  /// Statements that take away what keeps entries from being changed.
  abstract List<String> unlock();

  /// Another database with the same content.
  abstract Database copy(Database database) throws Exception;

  /// The child process that writes until it is killed.
  abstract List<String> arguments(Database database);

  @Test
  void shouldStandWhereAModelStandsAfterAnyOrderOfOperations() throws Exception {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Database database = fresh();
      ChargeLedger ledger = open(database);
      try {
        LedgerModel model = new LedgerModel(new Random(seed));
        for (int step = 0; step < STEPS; step++) {
          if (model.restarts()) {
            ledger.close();
            ledger = open(database);
          }
          model.step(ledger, this);
          for (Account account : LedgerModel.ACCOUNTS) {
            assertThat(ledger.standing(account))
                .as("seed %d, step %d: %s", seed, step, model.last())
                .isEqualTo(model.standing(account));
          }
        }
        pass(MINUTE);
        ChargeLedger last = ledger;
        await().until(() -> last.openHolds() == 0);
        assertThat(ledger.standings(JANUARY)).allMatch(standing -> standing.heldMicros() == 0);
        assertThat(model.outcomes()).hasSizeGreaterThan(12);
      } finally {
        ledger.close();
      }
      assertThat(Verification.of(database).openHolds()).isZero();
    }
  }

  @Test
  void shouldNeverChangeOrRemoveAnEntry() throws Exception {
    Database database = written();
    assertThatThrownBy(() -> sql(database, "UPDATE ledger_entry SET micros = 1 WHERE seq = 2"))
        .hasMessageContaining("never");
    assertThatThrownBy(() -> sql(database, "DELETE FROM ledger_entry WHERE seq = 2"))
        .hasMessageContaining("never");
    assertThat(Verification.of(database).entries()).isEqualTo(6);
  }

  @Test
  void shouldNameTheFirstEntryThatWasTamperedWith() throws Exception {
    Database whole = written();
    assertThat(Verification.of(whole).openHolds()).isEqualTo(1);
    requireBad(
        whole, "UPDATE ledger_entry SET micros = 1 WHERE seq = 4", 4, "hash does not follow");
    requireBad(
        whole, "UPDATE ledger_entry SET gateway = 'x' WHERE seq = 1", 1, "hash does not follow");
    requireBad(
        whole, "UPDATE ledger_entry SET price_version = 9 WHERE seq = 1", 1, "hash does not");
    requireBad(
        whole, "UPDATE ledger_entry SET kind = 'void' WHERE seq = 3", 3, "hash does not follow");
    requireBad(whole, "DELETE FROM ledger_entry WHERE seq = 3", 3, "is missing: 4 comes next");
    requireBad(whole, "DELETE FROM ledger_entry WHERE seq = 6", 6, "is missing");
    requireBad(whole, "UPDATE ledger_head SET seq = 5", 7, "the end of the chain was changed");
    requireBad(
        whole, "UPDATE usage_line SET charge_micros = 1 WHERE id = 'l'", 3, "line l was changed");
    requireBad(whole, "DELETE FROM usage_line WHERE id = 'l'", 3, "usage line l is missing");
    requireBad(whole, "UPDATE ledger_account SET spent = spent - 1", 6, "add up to");
    requireBad(whole, "DELETE FROM ledger_account", 6, "are missing");
  }

  @Test
  void shouldNotOpenALedgerWhoseEndWasTamperedWith() throws Exception {
    Database database = written();
    sql(database, unlock().toArray(String[]::new));
    sql(database, "UPDATE ledger_entry SET micros = 1 WHERE seq = 4");
    assertThatThrownBy(() -> open(database).close())
        .isInstanceOf(LedgerCorrupt.class)
        .hasMessageContaining("entry 4 of the ledger");
  }

  @Test
  void shouldLoseNothingAcknowledgedAndChargeNothingTwiceWhenKilled() throws Exception {
    Database database = fresh();
    CrashTrial trial = new CrashTrial(arguments(database), environment(database));
    int kills = Integer.getInteger("kills", 3);
    for (int kill = 0; kill < kills; kill++) {
      trial.runAndKill(kill);
      var _ = Verification.of(database);
    }
    ChargeLedger ledger = open(database);
    try {
      trial.check(ledger);
      pass(MINUTE);
      await().until(() -> ledger.openHolds() == 0);
      Standing standing = ledger.standing(CrashWriter.ACCOUNT);
      assertThat(standing.heldMicros()).isZero();
      assertThat(standing.spentMicros()).isEqualTo(trial.charged(ledger));
    } finally {
      ledger.close();
    }
    assertThat(Verification.of(database).openHolds()).isZero();
  }

  Map<String, String> environment(Database database) {
    return Map.of();
  }

  /// A ledger of six entries; the hold of entry 4 is open.
  private Database written() throws Exception {
    Database database = fresh();
    ChargeLedger ledger = open(database);
    try {
      HoldId hold = hold(ledger, ask("a", 300, limit(CHAT, 1_000)));
      var _ = ledger.extend(hold, 100, List.of());
      var _ = ledger.settle(hold, 120, line("l", 120L));
      HoldId other = hold(ledger, ask("b", 300, limit(CHAT, 1_000)));
      var _ = ledger.extend(other, 5, List.of());
      ledger.append(line("m", null));
    } finally {
      ledger.close();
    }
    return database;
  }

  private void requireBad(Database whole, String tampering, long entry, String says)
      throws Exception {
    Database database = copy(whole);
    sql(database, unlock().toArray(String[]::new));
    sql(database, tampering);
    assertThatThrownBy(() -> Verification.of(database))
        .as(tampering)
        .isInstanceOfSatisfying(
            LedgerCorrupt.class, e -> assertThat(e.entry()).as(tampering).isEqualTo(entry))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(says);
  }
}
