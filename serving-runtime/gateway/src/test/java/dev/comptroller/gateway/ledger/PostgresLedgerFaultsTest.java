package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("integration")
@ExtendWith(SharedPostgres.class)
class PostgresLedgerFaultsTest extends LedgerFaults {
  private final PostgresServer server;

  PostgresLedgerFaultsTest(PostgresServer server) {
    this.server = server;
  }

  @Override
  Database fresh() throws SQLException {
    return server.fresh();
  }

  @Override
  Database copy(Database database) throws SQLException {
    return server.copy(name(database));
  }

  @Override
  Connection connect(Database database) throws SQLException {
    return PostgresServer.connect(postgres(database));
  }

  @Override
  List<String> unlock() {
    return List.of("DROP TRIGGER ledger_entry_is_final ON ledger_entry");
  }

  @Override
  List<String> arguments(Database database) {
    return List.of("postgres", postgres(database).url());
  }

  @Override
  Map<String, String> environment(Database database) {
    return Map.of(
        "CRASH_USER", postgres(database).user(), "CRASH_PASSWORD", postgres(database).password());
  }

  private static String name(Database database) {
    String url = postgres(database).url();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  private static Database.Postgres postgres(Database database) {
    return (Database.Postgres) database;
  }

  @Test
  void shouldAdmitExactlyKOverThreeGateways() throws Exception {
    Database database = fresh();
    try (ChargeLedger one = open(database);
        ChargeLedger two = open(database);
        ChargeLedger three = open(database);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<ChargeLedger> gateways = List.of(one, two, three);
      List<Future<Reserved>> asked = new ArrayList<>();
      for (int i : IntStream.range(0, 1_000).toArray()) {
        asked.add(
            threads.submit(
                () -> gateways.get(i % 3).reserve(ask("r" + i, 100, limit(CHAT, 3_750)))));
      }
      List<HoldId> held = new ArrayList<>();
      for (Future<Reserved> answer : asked) {
        if (answer.get() instanceof Reserved.Held(HoldId hold, _)) {
          held.add(hold);
        }
      }
      assertThat(held).hasSize(37);
      // Any gateway ends a hold of any other, and a key is one over all of them.
      assertThat(two.settle(held.get(0), 1, null)).isEqualTo(new Settled.Booked(1, 99));
      assertThat(three.settle(held.get(0), 1, null)).isEqualTo(new Ended(HoldState.SETTLED, 1));
      Set<Reserved> same = new HashSet<>();
      List<Future<Reserved>> again = new ArrayList<>();
      for (int i : IntStream.range(0, 30).toArray()) {
        again.add(threads.submit(() -> gateways.get(i % 3).reserve(ask("one", 1))));
      }
      int first = 0;
      for (Future<Reserved> answer : again) {
        first += answer.get() instanceof Reserved.Held ? 1 : 0;
        same.add(answer.get());
      }
      assertThat(first).isEqualTo(1);
      assertThat(same).hasSize(2);
    }
    assertThat(Verification.of(database).openHolds()).isEqualTo(37);
  }

  @Test
  void shouldFreeTheHoldsOfAGatewayThatIsGoneAndNoneOfOneThatLives() throws Exception {
    Database database = fresh();
    ChargeLedger gone = open(database);
    HoldId lost = hold(gone, ask("a", 60, limit(CHAT, 100)));
    try (ChargeLedger alive = open(database);
        ChargeLedger other = open(database)) {
      gone.close();
      HoldId kept = hold(alive, ask("b", 40, limit(CHAT, 100)));
      pass(Duration.ofSeconds(50));
      assertThat(alive.extend(kept, 0, List.of())).isInstanceOf(Extended.Granted.class);
      await().until(() -> other.openHolds() == 2);
      pass(Duration.ofSeconds(10));
      await().until(() -> other.openHolds() == 1 && alive.openHolds() == 1);
      assertThat(other.standing(CHAT).heldMicros()).isEqualTo(40);
      assertThat(other.voidHold(lost, null)).isEqualTo(new Ended(HoldState.EXPIRED, 0));
    }
  }

  @Test
  void shouldLoseAndDoubleNothingWhileItsConnectionsAreCut() throws Exception {
    Database.Postgres database = server.fresh();
    String name = name(database);
    AtomicLong charged = new AtomicLong();
    try (ChargeLedger ledger = open(database);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> work = new ArrayList<>();
      for (int worker : IntStream.range(0, 20).toArray()) {
        work.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 15; i++) {
                    String key = worker + "-" + i;
                    HoldId hold = hold(ledger, ask(key, 9, limit(CHAT, 1_000_000)));
                    assertThat(ledger.settle(hold, 5, line(key, 5L)))
                        .isEqualTo(new Settled.Booked(5, 4));
                    charged.addAndGet(5);
                  }
                  return true;
                }));
      }
      for (int cut = 0; cut < 5; cut++) {
        server.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid), pg_sleep(%s) FROM pg_stat_activity WHERE datname = '%s'"
                .formatted(ThreadLocalRandom.current().nextDouble(0.02), name));
      }
      for (Future<?> one : work) {
        one.get();
      }
      assertThat(ledger.standing(CHAT)).isEqualTo(new Standing(CHAT, 1_500, 0, 1_000_000L));
      assertThat(charged).hasValue(1_500);
      assertThat(ledger.recent(1_000)).hasSize(300);
    }
    assertThat(Verification.of(database).entries()).isEqualTo(600);
  }

  @Test
  void shouldRefuseSettingsThatCouldLoseAnAcknowledgedCharge() throws Exception {
    Database.Postgres database = server.fresh();
    String name = name(database);
    for (String setting : List.of("fsync", "full_page_writes")) {
      server.execute("postgres", "ALTER SYSTEM SET %s = off".formatted(setting));
      try {
        reload(database, setting, "off");
        assertThatThrownBy(() -> open(database).close())
            .hasMessageContaining(setting + " is off")
            .hasMessageContaining("set " + setting + " = on");
      } finally {
        server.execute("postgres", "ALTER SYSTEM RESET " + setting);
        reload(database, setting, "on");
      }
    }
    server.execute("postgres", "ALTER DATABASE %s SET synchronous_commit = off".formatted(name));
    assertThatThrownBy(() -> open(database).close())
        .hasMessageContaining("synchronous_commit is off, so a crash would lose charges");
    server.execute("postgres", "ALTER DATABASE %s SET synchronous_commit = local".formatted(name));
    open(database).close();
    server.execute("postgres", "ALTER DATABASE %s RESET synchronous_commit".formatted(name));
    server.execute(
        "postgres", "ALTER DATABASE %s SET default_transaction_read_only = on".formatted(name));
    assertThatThrownBy(() -> open(database).close()).hasMessageContaining("name the primary");
  }

  private void reload(Database.Postgres database, String setting, String value)
      throws SQLException {
    server.execute("postgres", "SELECT pg_reload_conf()");
    await()
        .until(
            () -> {
              try (Connection connection = connect(database);
                  var statement = connection.createStatement();
                  var row = statement.executeQuery("SHOW " + setting)) {
                return row.next() && row.getString(1).equals(value);
              }
            });
  }

  @Test
  void shouldRefuseAUrlThatCarriesCredentials() {
    assertThatThrownBy(
            () -> new Database.Postgres("jdbc:postgresql://h/d?password=secret", "u", "p"))
        .hasMessageContaining("COMPTROLLER_LEDGER_PASSWORD");
    assertThatThrownBy(() -> new Database.Postgres("jdbc:h2:mem:x", "u", "p"))
        .hasMessageContaining("must start with jdbc:postgresql://");
    assertThat(new Database.Postgres("jdbc:postgresql://h/d", "u", "canary").toString())
        .doesNotContain("canary");
  }
}
