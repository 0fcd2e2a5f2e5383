package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.gateway.meter.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageLedgerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  static UsageLine line(String id) {
    return new UsageLine(
        id,
        "req-" + id,
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        "chat",
        "team-a",
        "chat",
        "large",
        "chat-0",
        "team-b",
        null,
        "interactive",
        true,
        Outcome.CLIENT_GONE,
        200,
        "stop",
        new Usage(10, 3, 4, true),
        7L,
        null,
        50,
        99L,
        12);
  }

  @Test
  void shouldReadBackEveryFieldAfterReopening() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder, PATIENCE)) {
      ledger.append(line("a"));
    }
    try (UsageLedger ledger = UsageLedger.open(folder, PATIENCE)) {
      ledger.append(line("b"));
      assertThat(ledger.recent(10)).containsExactly(line("b"), line("a"));
      assertThat(ledger.recent(1)).containsExactly(line("b"));
    }
  }

  @Test
  void shouldShareCommitsBetweenLinesThatArriveTogether() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder, PATIENCE);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> appends = new ArrayList<>();
      for (int i : IntStream.range(0, 2_000).toArray()) {
        appends.add(
            threads.submit(
                () -> {
                  ledger.append(line("l" + i));
                  return true;
                }));
      }
      for (Future<?> append : appends) {
        append.get();
      }
      assertThat(ledger.lines()).isEqualTo(2_000);
      assertThat(ledger.commits()).isLessThan(1_000);
      assertThat(ledger.recent(5_000)).hasSize(2_000);
    }
  }

  @Test
  void shouldGiveADataFolderToOneGatewayAtATime() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder, PATIENCE)) {
      assertThat(ledger.healthy()).isTrue();
      assertThatThrownBy(() -> UsageLedger.open(folder, PATIENCE).close())
          .isInstanceOfAny(IOException.class, java.nio.channels.OverlappingFileLockException.class);
    }
    UsageLedger.open(folder, PATIENCE).close();
  }

  @Test
  void shouldNotCallALineDurableThatTheDatabaseRefuses() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder, Duration.ofMillis(700))) {
      ledger.append(line("a"));
      sql("CREATE TRIGGER full BEFORE INSERT ON usage_line BEGIN SELECT RAISE(ABORT, 'full'); END");
      assertThatThrownBy(() -> ledger.append(line("b"))).isInstanceOf(LedgerUnavailable.class);
      assertThat(ledger.healthy()).isFalse();
      sql("DROP TRIGGER full");
      org.awaitility.Awaitility.await().until(ledger::healthy);
      // The line was kept and written once the database took it.
      assertThat(ledger.recent(10)).containsExactly(line("b"), line("a"));
    }
  }

  @Test
  void shouldRefuseADatabaseThatALaterVersionWrote() throws Exception {
    UsageLedger.open(folder, PATIENCE).close();
    sql("UPDATE flyway_schema_history SET checksum = checksum + 1");
    assertThatThrownBy(() -> UsageLedger.open(folder, PATIENCE).close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("cannot be brought to this version");
  }

  private void sql(String statement) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
        Statement run = connection.createStatement()) {
      run.execute(statement);
    }
  }
}
