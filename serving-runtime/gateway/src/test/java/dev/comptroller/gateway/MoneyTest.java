package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.leg;
import static dev.comptroller.gateway.TestGateway.tableWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A feature's amount is never exceeded. Input costs 1 micro-dollar a token, output 4.
class MoneyTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  static String table(FakeReplica replica, long amountMicros, String hold) {
    String feature =
        """
        {"name":"default","amountMicros":%d,"priority":1,"batchEligible":false,
         "downgradeAllowed":true},
        {"name":"other","priority":1,"batchEligible":false,"downgradeAllowed":true}"""
            .formatted(amountMicros);
    return tableWith(
        TrafficTest.account(false, TrafficTest.NO_TRAFFIC, feature),
        """
        {"namespace":"team-a","deployment":"chat","activeVariant":"large","why":"","legs":[%s],
         "holds":{"interactive":"%s","batch":"Sliced"}}"""
            .formatted(leg("large", 100, "chat", replica.address()), hold));
  }

  private static String body(boolean stream, String more) {
    return "{\"model\":\"chat\",\"stream\":%s,\"messages\":[]%s}".formatted(stream, more);
  }

  /// Streams so many one-token chunks after `prompt` input tokens.
  private static FakeReplica streaming(int prompt, int tokens) throws Exception {
    return new FakeReplica(
        (_, wire) -> {
          wire.begin();
          wire.piece(usageComment(prompt, 0, 0));
          for (int i = 0; i < tokens; i++) {
            wire.piece(chunk("t" + i));
          }
          wire.piece(stop() + usageComment(prompt, 0, tokens) + DONE);
          wire.end();
        });
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return TestGateway.JSON.readTree(response.body()).path("error");
  }

  private static long charged(TestGateway gateway) throws Exception {
    return gateway.lines().stream().mapToLong(line -> line.path("charge_micros").asLong()).sum();
  }

  @Test
  void shouldChargeAStreamWhatItUsedAndTellItInItsLastChunk() throws Exception {
    try (FakeReplica replica = streaming(100, 500);
        TestGateway gateway = new TestGateway(folder, table(replica, 10_000, "Sliced"))) {
      HttpResponse<String> response = gateway.post(body(true, ""));
      assertThat(response.body())
          .contains("\"t499\"")
          .endsWith(
              stop("{\"variant\":\"large\",\"cost\":\"0.002100\",\"budget_left\":\"0.007900\"}")
                  + DONE);
      assertThat(gateway.line().path("charge_micros").asLong()).isEqualTo(2_100);
      assertThat(gateway.admin("/metrics").body())
          .contains("comptroller_gateway_ledger_open_holds 0.0");
    }
  }

  @Test
  void shouldEndAStreamWithLengthWhenTheMoneyIsUsedUpAndNeverWithAnError() throws Exception {
    try (FakeReplica replica = streaming(100, 500);
        TestGateway gateway = new TestGateway(folder, table(replica, 1_000, "Sliced"))) {
      HttpResponse<String> response =
          gateway.post(body(true, ",\"stream_options\":{\"include_usage\":true}"));
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).endsWith(DONE).doesNotContain("\"error\"");
      List<JsonNode> events = new ArrayList<>();
      for (String line : response.body().split("\n\n")) {
        if (line.startsWith("data: {")) {
          events.add(TestGateway.JSON.readTree(line.substring(6)));
        }
      }
      JsonNode end = events.get(events.size() - 2);
      assertThat(end.at("/choices/0/finish_reason").asText()).isEqualTo("length");
      assertThat(end.has("x_comptroller")).as("it is in the last chunk").isFalse();
      assertThat(events.getLast().at("/x_comptroller/finish").asText()).isEqualTo("budget");
      assertThat(end.path("id").asText()).isEqualTo("c1");
      long passed = events.size() - 2L;
      assertThat(events.getLast().at("/usage/completion_tokens").asLong()).isEqualTo(passed);
      // 100 of input and 4 for each of 225 tokens is all that there is.
      assertThat(passed).isEqualTo(225);
      JsonNode line = gateway.line();
      assertThat(line.path("charge_micros").asLong()).isEqualTo(1_000);
      assertThat(line.path("finish_reason").asText()).isEqualTo("length");
      HttpResponse<String> next = gateway.post(body(true, ""));
      assertThat(next.statusCode()).isEqualTo(429);
      assertThat(error(next).path("code").asText()).isEqualTo("insufficient_quota");
      assertThat(error(next).path("message").asText())
          .contains(
              "$0.001000 of its $0.001000 is spent", "2099-01-01T00:00:00Z", "features other");
    }
  }

  @Test
  void shouldClampAnAnswerInOnePieceToWhatIsAffordable() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(50, 0, 20)));
        TestGateway gateway = new TestGateway(folder, table(replica, 1_000, "Sliced"))) {
      String asked = body(false, ",\"max_tokens\":5000");
      HttpResponse<String> response = gateway.post(asked);
      assertThat(response.statusCode()).isEqualTo(200);
      long cap =
          Long.parseLong(response.headers().firstValue("x-comptroller-output-cap").orElseThrow());
      // 256 tokens and the body's bytes bound the input.
      assertThat(cap).isEqualTo((1_000L - 256 - asked.length() - 1) / 4);
      assertThat(replica.got.getLast().body()).contains("\"max_tokens\":" + cap);
      assertThat(response.headers().firstValue("x-comptroller-cost")).hasValue("0.000130");
      assertThat(response.headers().firstValue("x-comptroller-budget-left")).hasValue("0.000870");
    }
  }

  @Test
  void shouldNeverExceedAnAmountHoweverManyAskAtOnce() throws Exception {
    for (String hold : List.of("Sliced", "Full")) {
      Path place = folder.resolve(hold);
      java.nio.file.Files.createDirectories(place);
      try (FakeReplica replica = streaming(40, 60);
          TestGateway gateway = new TestGateway(place, table(replica, 20_000, hold));
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          answers.add(threads.submit(() -> gateway.post(body(true, ",\"max_tokens\":60"))));
        }
        int served = 0;
        for (Future<HttpResponse<String>> answer : answers) {
          HttpResponse<String> response = answer.get(30, TimeUnit.SECONDS);
          assertThat(response.statusCode()).isIn(200, 429);
          if (response.statusCode() == 200) {
            served++;
            assertThat(response.body()).endsWith(DONE);
          }
        }
        // 280 each: 71 fit.
        assertThat(charged(gateway)).isLessThanOrEqualTo(20_000);
        assertThat(served).isPositive();
        if (hold.equals("Full")) {
          assertThat(served).isLessThanOrEqualTo(71);
          assertThat(charged(gateway)).isEqualTo(served * 280L);
          while (gateway.post(body(true, ",\"max_tokens\":60")).statusCode() == 200) {
            served++;
          }
          // The bound of the input keeps the last ones out.
          assertThat(served).isBetween(68, 71);
        }
        assertThat(gateway.admin("/metrics").body())
            .contains("comptroller_gateway_ledger_open_holds 0.0");
      }
    }
  }

  @Test
  void shouldAdmitExactlyWhatFitsWhenTheInputIsCountedBeforeTheHold() throws Exception {
    try (FakeReplica replica = streaming(40, 60).tokenizing(40);
        TestGateway gateway = new TestGateway(folder, table(replica, 20_000, "Full"));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 120; i++) {
        answers.add(threads.submit(() -> gateway.post(body(true, ",\"max_tokens\":60"))));
      }
      int served = 0;
      for (Future<HttpResponse<String>> answer : answers) {
        served += answer.get(30, TimeUnit.SECONDS).statusCode() == 200 ? 1 : 0;
      }
      // 280 each: 71 fit, and what a stream will use is what it holds, so none is refused before.
      assertThat(served).isEqualTo(71);
      assertThat(charged(gateway)).isEqualTo(71 * 280);
      assertThat(replica.got).hasSize(71);
    }
  }

  @Test
  void shouldFreeEverythingWhenNothingRan() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.die());
        TestGateway gateway = new TestGateway(folder, table(replica, 2_000, "Full"))) {
      for (int i = 0; i < 5; i++) {
        assertThat(gateway.post(body(false, ",\"max_tokens\":300")).statusCode()).isEqualTo(502);
      }
      assertThat(charged(gateway)).isZero();
      assertThat(gateway.admin("/metrics").body())
          .contains("comptroller_gateway_ledger_open_holds 0.0");
    }
  }

  @Test
  void shouldRunARequestWithAnIdempotencyKeyOnce() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  if (go.await(10, TimeUnit.SECONDS)) {
                    wire.whole(200, answer(10, 0, 5));
                  }
                });
        TestGateway gateway = new TestGateway(folder, table(replica, 100_000, "Sliced"));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> first =
          threads.submit(() -> gateway.post(body(false, ""), "idempotency-key", "k1"));
      org.awaitility.Awaitility.await().until(() -> replica.got.size() == 1);
      HttpResponse<String> running = gateway.post(body(false, ""), "idempotency-key", "k1");
      assertThat(running.statusCode()).isEqualTo(409);
      assertThat(error(running).path("code").asText()).isEqualTo("idempotency_key_in_use");
      go.countDown();
      assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      HttpResponse<String> again = gateway.post(body(false, ""), "idempotency-key", "k1");
      assertThat(again.statusCode()).isEqualTo(409);
      assertThat(error(again).path("code").asText()).isEqualTo("idempotency_key_done");
      assertThat(again.headers().firstValue("x-comptroller-cost")).hasValue("0.000030");
      HttpResponse<String> reused =
          gateway.post(body(false, ",\"max_tokens\":3"), "idempotency-key", "k1");
      assertThat(reused.statusCode()).isEqualTo(422);
      assertThat(replica.got).hasSize(1);
      assertThat(charged(gateway)).isEqualTo(30);
    }
  }
}
