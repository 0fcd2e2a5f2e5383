package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.await;
import static dev.comptroller.gateway.BatchSdkTest.client;
import static dev.comptroller.gateway.BatchSdkTest.content;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.table;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.batches.Batch;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.queue.Limits;
import dev.comptroller.gateway.queue.order.Blame;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class BatchRunTest {
  private static final int POLLS = Integer.getInteger("comptroller.queue.polls", 40);
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static List<String> lines(int count) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(line("r" + i, "Question " + i));
    }
    return lines;
  }

  /// What the gateway says of a batch beyond OpenAI's fields.
  private static JsonNode ours(TestGateway gateway, Batch batch) throws Exception {
    return TestGateway.JSON
        .readTree(gateway.get("/v1/batches/" + batch.id()).body())
        .path("x_comptroller");
  }

  @Test
  void shouldQuarantineTheItemThatKillsItsReplicaAndFinishAllOthers() throws Exception {
    List<String> lines = lines(60);
    lines.add(10, line("poison", "POISON"));
    AtomicInteger poisoned = new AtomicInteger();
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("POISON")) {
                    poisoned.incrementAndGet();
                    wire.die();
                  } else {
                    wire.whole(200, answer(1, 0, 1));
                  }
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      Batch done = await(client, submit(client, upload(client, folder, lines).id()).id(), SOON);
      assertThat(done.status()).isEqualTo(Batch.Status.COMPLETED);
      assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(60);
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .singleElement()
          .satisfies(
              line -> {
                assertThat(line.path("custom_id").asText()).isEqualTo("poison");
                assertThat(line.at("/error/code").asText()).isEqualTo("quarantined");
                assertThat(line.at("/error/message").asText())
                    .contains(poisoned + " runs ended without");
              });
      assertThat(poisoned)
          .as("three, or more if its runs took long")
          .hasValueBetween(Blame.LEAST, Blame.MOST - 1);
      assertThat(gateway.lines()).hasSize(60);
    }
  }

  @Test
  void shouldTellByWhenItsWorkIsDueUntilItIsDone() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway = new TestGateway(folder, table())) {
      OpenAIClient client = client(gateway);
      Batch day = submit(client, upload(client, folder, lines(4)).id());
      Batch hour = submit(client, upload(client, folder, lines(2)).id(), "1h");
      Awaitility.await().atMost(SOON).until(() -> due(gateway).size() == 2);
      JsonNode due = due(gateway);
      Instant first = Instant.parse(due.at("/0/by").asText());
      Instant second = Instant.parse(due.at("/1/by").asText());
      Instant end = Instant.ofEpochSecond(hour.createdAt()).plus(Duration.ofHours(1));
      assertThat(first).isBetween(end.minus(Duration.ofMinutes(4)), end.plusSeconds(1));
      assertThat(second)
          .isBetween(
              Instant.ofEpochSecond(day.createdAt()).plus(Duration.ofHours(22)),
              Instant.ofEpochSecond(day.createdAt()).plus(Duration.ofHours(24)).plusSeconds(1));
      assertThat(due.at("/0/model").asText()).isEqualTo("team-a/chat");
      assertThat(due.at("/0/tokens").asLong()).isPositive();
      assertThat(due.at("/1/tokens").asLong()).isEqualTo(2 * due.at("/0/tokens").asLong());

      gateway.route(table(replica.address()));
      assertThat(await(client, day.id(), SOON).status()).isEqualTo(Batch.Status.COMPLETED);
      assertThat(await(client, hour.id(), SOON).status()).isEqualTo(Batch.Status.COMPLETED);
      assertThat(due(gateway)).isEmpty();
      assertThat(gateway.admin("/metrics").body())
          .contains("class=\"output\",traffic=\"batch\",} 24.0")
          .doesNotContain("traffic=\"interactive\"")
          .doesNotContain("comptroller_gateway_last_request_timestamp_seconds{");
    }
  }

  private static JsonNode due(TestGateway gateway) throws Exception {
    return TestGateway.JSON.readTree(gateway.admin("/queue").body()).path("due");
  }

  @Test
  void shouldTryAgainWhileTheReplicaIsFullAndFailWhatItRefuses() throws Exception {
    AtomicInteger full = new AtomicInteger();
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("Question 3")) {
                    wire.whole(400, "{\"error\":{\"message\":\"too long\"}}");
                  } else if (full.incrementAndGet() <= 8) {
                    wire.whole(full.get() % 2 == 0 ? 503 : 429, "{\"error\":{}}");
                  } else {
                    wire.whole(200, answer(1, 0, 1));
                  }
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      Batch done = await(client, submit(client, upload(client, folder, lines(6)).id()).id(), SOON);
      assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(5);
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .singleElement()
          .satisfies(
              line -> {
                assertThat(line.at("/response/status_code").asInt()).isEqualTo(400);
                assertThat(line.at("/response/body/error/message").asText()).isEqualTo("too long");
              });
      assertThat(gateway.lines()).hasSize(5);
    }
  }

  @Test
  void shouldExpireWhatIsNotDoneInItsWindowAndBillTheRest() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("SLOW")) {
                    wire.awaitClosed();
                  } else {
                    wire.whole(200, answer(1, 0, 1));
                  }
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      List<String> lines = lines(3);
      lines.add(line("slow", "SLOW"));
      Batch done =
          await(client, submit(client, upload(client, folder, lines).id(), "2s").id(), SOON);
      assertThat(done.status()).isEqualTo(Batch.Status.EXPIRED);
      assertThat(done.expiredAt()).isPresent();
      assertThat(content(client, done.outputFileId().orElseThrow())).hasSize(3);
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .singleElement()
          .matches(line -> line.at("/error/code").asText().equals("batch_expired"));
      assertThat(gateway.lines()).hasSize(3);
      assertThat(replica.clientLeft.getCount()).isZero();
    }
  }

  @Test
  void shouldCancelWhatWaitsAndFinishWhatRuns() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  go.await();
                  wire.whole(200, answer(1, 0, 1));
                });
        TestGateway gateway =
            new TestGateway(
                folder,
                table(replica.address()).replace("\"maxSequences\":64", "\"maxSequences\":4"))) {
      OpenAIClient client = client(gateway);
      Batch batch = submit(client, upload(client, folder, lines(10)).id());
      Awaitility.await().atMost(SOON).until(() -> replica.running.get() == 3);
      Batch cancelling = client.batches().cancel(batch.id());
      assertThat(cancelling.status().asString()).isIn("cancelling", "finalizing", "cancelled");
      go.countDown();
      Batch done = await(client, batch.id(), SOON);
      assertThat(done.status()).isEqualTo(Batch.Status.CANCELLED);
      assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(3);
      assertThat(content(client, done.outputFileId().orElseThrow())).hasSize(3);
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .hasSize(7)
          .allMatch(line -> line.at("/error/code").asText().equals("batch_cancelled"));
      assertThat(gateway.lines()).hasSize(3);
      assertThat(client.batches().cancel(batch.id()).status()).isEqualTo(Batch.Status.CANCELLED);
    }
  }

  @Test
  void shouldLeaveSlotsToInteractiveRequestsAndTakeNoneWhileTheyNeedThem() throws Exception {
    CountDownLatch interactive = new CountDownLatch(1);
    AtomicInteger most = new AtomicInteger();
    AtomicInteger batch = new AtomicInteger();
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if ("batch".equals(got.headers().get("x-comptroller-class"))) {
                    most.accumulateAndGet(batch.incrementAndGet(), Math::max);
                    Thread.sleep(20);
                    batch.decrementAndGet();
                  } else {
                    interactive.await();
                  }
                  wire.whole(200, answer(1, 0, 1));
                });
        TestGateway gateway =
            new TestGateway(
                folder,
                table(replica.address()).replace("\"maxSequences\":64", "\"maxSequences\":4"));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        answers.add(clients.submit(() -> gateway.post(chat(false))));
      }
      Awaitility.await().atMost(SOON).until(() -> replica.running.get() == 3);
      OpenAIClient client = client(gateway);
      Batch submitted = submit(client, upload(client, folder, lines(30)).id());
      Awaitility.await()
          .during(Duration.ofMillis(700))
          .atMost(SOON)
          .until(() -> batch.get() == 0 && most.get() == 0);
      assertThat(client.batches().retrieve(submitted.id()).status())
          .isEqualTo(Batch.Status.IN_PROGRESS);
      interactive.countDown();
      for (Future<HttpResponse<String>> answer : answers) {
        assertThat(answer.get().statusCode()).isEqualTo(200);
      }
      assertThat(await(client, submitted.id(), SOON).status()).isEqualTo(Batch.Status.COMPLETED);
      assertThat(most).hasValue(3);
    }
  }

  private static String account(boolean suspended) {
    return """
        {"namespace":"team-a","budget":"b","periodStart":"2026-01-01T00:00:00Z",\
        "periodEnd":"2036-01-01T00:00:00Z","hard":true,"observe":false,"fundedUntil":null,\
        "traffic":{"queueBatch":false,"maxOutputTokens":null,"tokensPerMinute":null,\
        "suspended":%s,"why":"","until":null},"features":[]}"""
        .formatted(suspended);
  }

  @Test
  void shouldLetTheWorkOfASuspendedNamespaceWait() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway =
            new TestGateway(
                folder,
                tableWith(account(true), TestGateway.route("team-a", "chat", replica.address())))) {
      OpenAIClient client = client(gateway);
      Batch batch = submit(client, upload(client, folder, lines(3)).id());
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .atMost(SOON)
          .until(() -> replica.got.isEmpty());
      gateway.route(
          tableWith(account(false), TestGateway.route("team-a", "chat", replica.address())));
      assertThat(await(client, batch.id(), SOON).status()).isEqualTo(Batch.Status.COMPLETED);
    }
  }

  @Test
  void shouldBillOnceHoweverOftenItIsPolled() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(100, 0, 100)));
        TestGateway gateway = new TestGateway(folder, table(replica.address()));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      OpenAIClient client = client(gateway);
      Batch batch = submit(client, upload(client, folder, lines(20)).id());
      List<Future<Set<String>>> polls = new ArrayList<>();
      for (int c = 0; c < 8; c++) {
        polls.add(
            clients.submit(
                () -> {
                  Set<String> seen = new HashSet<>();
                  for (int i = 0; i < POLLS; i++) {
                    seen.add(gateway.get("/v1/batches/" + batch.id()).body());
                  }
                  return seen;
                }));
      }
      for (Future<Set<String>> poll : polls) {
        assertThat(poll.get()).isNotEmpty();
      }
      Batch done = await(client, batch.id(), SOON);
      List<JsonNode> lines = gateway.lines();
      assertThat(lines).hasSize(20);
      assertThat(lines.stream().mapToLong(line -> line.path("charge_micros").asLong()).sum())
          .isEqualTo(20 * 250);
      assertThat(ours(gateway, done).path("charged").asText()).isEqualTo("0.005000");
      assertThat(ours(gateway, done).path("saved").asText()).isEqualTo("0.005000");
    }
  }

  @Test
  void shouldNameTheLimitsOfABatch() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway =
            new TestGateway(
                folder,
                table(replica.address()),
                Duration.ofSeconds(20),
                new BatchQueue.Settings(new Limits(20_000, 50, 1_000), Duration.ofSeconds(1)))) {
      OpenAIClient client = client(gateway);
      String many = upload(client, folder, lines(51)).id();
      assertThatThrownBy(() -> submit(client, many))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("more than 50 lines");
      List<String> large = lines(10);
      large.add("x".repeat(20_000));
      assertThatThrownBy(() -> upload(client, folder, large))
          .isInstanceOfSatisfying(
              OpenAIServiceException.class, e -> assertThat(e.statusCode()).isEqualTo(413))
          .hasMessageContaining("20000 bytes");
      List<String> mixed = lines(10);
      mixed.set(4, "y".repeat(2_000));
      Batch done = await(client, submit(client, upload(client, folder, mixed).id()).id(), SOON);
      assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(9);
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .singleElement()
          .matches(line -> line.at("/error/code").asText().equals("line_too_long"))
          .matches(line -> line.at("/error/line").asInt() == 5);
      Batch failed =
          await(client, submit(client, upload(client, folder, List.of("{}")).id()).id(), SOON);
      assertThat(failed.status()).isEqualTo(Batch.Status.FAILED);
      assertThat(failed.errors().orElseThrow().data().orElseThrow().getFirst().line()).hasValue(1L);
      assertThatThrownBy(() -> submit(client, many, "25h"))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("more than 50 lines");
      String few = upload(client, folder, lines(1)).id();
      assertThatThrownBy(() -> submit(client, few, "25h"))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("longer than the 86400 s of deployment team-a/chat");
    }
  }

  @Test
  void shouldRefuseABatchWhoseWindowCannotBeKeptAndSayWhy() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("HOLD")) {
                    hold.await();
                  }
                  Thread.sleep(50);
                  wire.whole(200, answer(10, 0, 10));
                });
        TestGateway gateway =
            new TestGateway(
                folder,
                table(replica.address()).replace("\"maxSequences\":64", "\"maxSequences\":3"))) {
      OpenAIClient client = client(gateway);
      Batch first = submit(client, upload(client, folder, lines(20)).id());
      assertThat(ours(gateway, first).path("window_can_be_kept").asBoolean()).isFalse();
      assertThat(ours(gateway, first).path("reason").asText())
          .contains("no throughput of idle slots is known yet");
      await(client, first.id(), SOON);
      Batch second = submit(client, upload(client, folder, lines(20)).id());
      assertThat(ours(gateway, second).path("window_can_be_kept").asBoolean()).isTrue();
      assertThat(ours(gateway, second).path("estimated_completion").asLong())
          .isBetween(second.createdAt(), second.createdAt() + 60);
      String file = upload(client, folder, lines(50)).id();
      assertThatThrownBy(() -> submit(client, file, "1s"))
          .isInstanceOfSatisfying(
              BadRequestException.class,
              e -> assertThat(e.code()).hasValue("window_cannot_be_kept"))
          .hasMessageContaining("2 idle slots do");
    }
  }
}
