package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.ledger.Verification;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A thousand requests on one amount, while the gateway's process is killed and begun anew.
@Tag("integration")
class OvershootTest {
  private static final int REQUESTS = Integer.getInteger("overshoot.requests", 1_000);
  private static final int KILLS = Integer.getInteger("overshoot.kills", 4);

  /// 40 tokens of input at 1 micro-dollar, 60 of output at 4.
  private static final long EACH = 280;

  /// Requests at once after the last kill.
  private static final int WAVE = 32;

  private static final int FIT = REQUESTS * 6 / 10;
  private static final Account.Feature FEATURE =
      new Account.Feature("team-a", "default", Instant.parse("2026-01-01T00:00:00Z"));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final Map<String, Outcome> outcomes = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable GatewayProcess> gateway = new AtomicReference<>();
  private final AtomicBoolean over = new AtomicBoolean();

  /// What a client knows of its request in the end.
  private enum Outcome {
    /// The whole answer came.
    SERVED,
    /// It ran, and was charged, though its answer was cut.
    CHARGED,
    /// Its hold outlived the gateway that ran it.
    HELD,
    REFUSED,
    /// The same once nothing is held by gateways that are gone.
    LATE
  }

  @ParameterizedTest
  @ValueSource(strings = {"Sliced", "Full"})
  void shouldNeverExceedAnAmountThoughAThousandAskAtOnceAndTheGatewayIsKilled(String hold)
      throws Exception {
    Random random = new Random(hold.hashCode());
    Path data = folder.resolve("data");
    Database database = LedgerSettings.embedded(data).database();
    try (FakeReplica replica = new FakeReplica((_, wire) -> stream(wire)).tokenizing(40);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
        AutoCloseable _ = this::end) {
      Path table =
          Files.writeString(
              folder.resolve("table.json"), MoneyTest.table(replica, FIT * EACH, hold));
      List<Future<?>> all = new ArrayList<>();
      gateway.set(start(data, table));
      for (int i = 0; i < REQUESTS; i++) {
        String id = "r" + i;
        int after = random.nextInt(6_000);
        all.add(clients.submit(() -> ask(id, after)));
      }
      for (int kill = 0; kill < KILLS; kill++) {
        int before = replica.got.size();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> replica.got.size() > before + 20 || all.stream().allMatch(Future::isDone));
        TimeUnit.MILLISECONDS.sleep(random.nextInt(500));
        kill();
        assertThat(Verification.of(database).entries()).isPositive();
        gateway.set(start(data, table));
      }
      for (Future<?> each : all) {
        each.get(60, TimeUnit.SECONDS);
      }
      kill();
      check(database, data);
      expire(data);

      // What the killed gateways held is free again: exactly as many are charged as fit.
      gateway.set(start(data, table));
      for (int i = 0; !outcomes.containsValue(Outcome.LATE); i += WAVE) {
        all.clear();
        for (int j = i; j < i + WAVE; j++) {
          String id = "late" + j;
          all.add(clients.submit(() -> ask(id, 0)));
        }
        for (Future<?> each : all) {
          each.get(60, TimeUnit.SECONDS);
        }
      }
      for (int i = 0; outcomes.get("last" + (i - 1)) != Outcome.LATE; i++) {
        ask("last" + i, 0);
      }
      kill();
    }
    check(database, data);
    long spent = standing(data).spentMicros();
    assertThat(FIT * EACH - spent).as("left over").isBetween(0L, EACH - 1);
    if (hold.equals("Full")) {
      assertThat(charged(data)).hasSize(FIT);
    }
    assertThat(Set.copyOf(outcomes.values())).contains(Outcome.SERVED, Outcome.HELD, Outcome.LATE);
  }

  /// However the test ends: clients stop asking, and no gateway is left.
  private void end() throws InterruptedException {
    over.set(true);
    kill();
  }

  private static void stream(FakeReplica.Wire wire) throws IOException, InterruptedException {
    wire.begin();
    wire.piece(usageComment(40, 0, 0));
    for (int i = 0; i < 60; i++) {
      TimeUnit.MILLISECONDS.sleep(1);
      wire.piece(chunk("t" + i));
    }
    wire.piece(stop() + usageComment(40, 0, 60) + DONE);
    wire.end();
  }

  private static GatewayProcess start(Path data, Path table) throws IOException {
    return new GatewayProcess(data, "--routing-file", table.toString());
  }

  private void kill() throws InterruptedException {
    GatewayProcess running = gateway.getAndSet(null);
    if (running != null) {
      // Before its clients leave, or it would settle what they have got.
      running.process.destroyForcibly();
      assertThat(running.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      running.close();
    }
  }

  /// Asks until it is known what came of the request, whichever gateway is there.
  private @Nullable Void ask(String id, int afterMillis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(afterMillis);
    String body =
        "{\"model\":\"chat\",\"stream\":true,\"messages\":[],\"max_tokens\":60,\"user\":\"%s\"}"
            .formatted(id);
    while (!over.get()) {
      GatewayProcess running = gateway.get();
      if (running != null) {
        try {
          Outcome outcome = outcome(running.post(body, id, "idempotency-key", id));
          if (outcome != null) {
            boolean late = outcome == Outcome.REFUSED && id.startsWith("la");
            outcomes.put(id, late ? Outcome.LATE : outcome);
            return null;
          }
        } catch (IOException _) {
          // It was killed.
        }
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return null;
  }

  /// Absent if it is worth another try.
  private static @Nullable Outcome outcome(HttpResponse<String> response) {
    String body = response.body();
    if (response.statusCode() == 200) {
      return body.endsWith(DONE) ? Outcome.SERVED : null;
    }
    if (body.contains("idempotency_key_done")) {
      return Outcome.CHARGED;
    }
    if (body.contains("idempotency_key_in_use")) {
      return Outcome.HELD;
    }
    return response.statusCode() == 429 ? Outcome.REFUSED : null;
  }

  /// Nothing over the amount at any entry, nothing charged twice, nothing lost that was served.
  private void check(Database database, Path data) throws Exception {
    assertThat(Verification.of(database).accounts()).isPositive();
    Standing standing = standing(data);
    assertThat(standing.spentMicros() + standing.heldMicros()).isLessThanOrEqualTo(FIT * EACH);
    List<String> charged = charged(data);
    assertThat(charged).doesNotHaveDuplicates();
    Set<String> known = Set.copyOf(charged);
    assertThat(known)
        .containsAll(
            outcomes.entrySet().stream()
                .filter(entry -> entry.getValue() == Outcome.SERVED)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet()));
  }

  private static List<String> charged(Path data) throws Exception {
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.embedded(data))) {
      return ledger.recent(1_000_000).stream()
          .filter(line -> line.chargeMicros() != null && line.chargeMicros() > 0)
          .map(UsageLine::requestId)
          .toList();
    }
  }

  private static Standing standing(Path data) throws Exception {
    try (ChargeLedger ledger = ChargeLedger.open(LedgerSettings.embedded(data))) {
      return ledger.standing(FEATURE);
    }
  }

  /// Lets pass what holds live at the longest.
  private static void expire(Path data) throws Exception {
    long begin = System.nanoTime();
    LedgerSettings later =
        LedgerSettings.embedded(data)
            .withTime(
                Duration.ofMillis(20),
                Clock.systemUTC(),
                () -> begin + (System.nanoTime() - begin) * 10_000);
    try (ChargeLedger ledger = ChargeLedger.open(later)) {
      Awaitility.await().until(() -> ledger.openHolds() == 0);
    }
    assertThat(standing(data).heldMicros()).isZero();
  }
}
