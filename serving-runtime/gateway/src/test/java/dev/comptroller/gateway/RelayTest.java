package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.readUntil;
import static dev.comptroller.gateway.TestGateway.send;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.UsageLedger;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final List<Socket> taken = new ArrayList<>();

  /// An address that refuses connections. Its port stays taken until the test has ended, so that
  /// nobody else, the gateway for one, comes to listen on it.
  private String closedAddress() throws IOException {
    Socket socket = new Socket();
    taken.add(socket);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return "127.0.0.1:" + socket.getLocalPort();
  }

  @AfterEach
  void giveBackWhatIsTaken() throws IOException {
    for (Socket socket : taken) {
      socket.close();
    }
  }

  @Test
  void shouldPassAWholeAnswerByteForByteAndChargeItAtThePostedPrice() throws Exception {
    String body = answer(100, 40, 7);
    try (FakeReplica replica =
            new FakeReplica((_, wire) -> wire.whole(200, body, "x-engine: fake"));
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      HttpResponse<String> response = gateway.post(chat(false), "x-request-id", "mine-1");

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo(body);
      assertThat(response.headers().firstValue("x-comptroller-variant")).hasValue("large");
      assertThat(response.headers().firstValue("x-engine")).hasValue("fake");
      assertThat(response.headers().firstValue("x-request-id")).hasValue("mine-1");
      // 60 * 1 + 40 * 0.1 + 7 * 4 micro-dollars
      assertThat(response.headers().firstValue("x-comptroller-cost")).hasValue("0.000092");
      assertThat(replica.got.getFirst().body()).isEqualTo(chat(false));
      JsonNode line = gateway.line();
      assertThat(line.path("request_id").asText()).isEqualTo("mine-1");
      assertThat(line.path("namespace").asText()).isEqualTo("team-a");
      assertThat(line.path("deployment").asText()).isEqualTo("chat");
      assertThat(line.path("variant").asText()).isEqualTo("large");
      assertThat(line.path("replica").asText()).isEqualTo("chat-0");
      assertThat(line.path("outcome").asText()).isEqualTo("ok");
      assertThat(line.path("finish_reason").asText()).isEqualTo("stop");
      assertThat(line.path("prompt_tokens").asLong()).isEqualTo(100);
      assertThat(line.path("cached_tokens").asLong()).isEqualTo(40);
      assertThat(line.path("completion_tokens").asLong()).isEqualTo(7);
      assertThat(line.path("estimated").asBoolean()).isFalse();
      assertThat(line.path("price_version").asLong()).isEqualTo(7);
      assertThat(line.path("charge_micros").asLong()).isEqualTo(92);
      assertThat(line.path("class").asText()).isEqualTo("interactive");
    }
  }

  @Test
  void shouldSayWhatAStreamCostInTheChunkWithTheUsageWhereThatWasAskedFor() throws Exception {
    String usage =
        "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5}}\n\n";
    String receipt = ",\"x_comptroller\":{\"variant\":\"large\",\"cost\":\"0.000025\"}}\n\n";
    String sent = chunk("Pa") + stop() + ": ping\n\n" + usage + usageComment(9, 4, 5) + DONE;
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(sent.getBytes(StandardCharsets.UTF_8));
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      String asked =
          chat(true)
              .replace(
                  "\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
      assertThat(gateway.post(asked).body())
          .isEqualTo(
              chunk("Pa") + stop() + ": ping\n\n" + usage.replace("}}\n\n", "}" + receipt) + DONE);
    }
  }

  @Test
  void shouldPassAStreamByteForByteLessTheUsageCommentAndSayInItsLastChunkWhatItCost()
      throws Exception {
    String euro = "data: {\"choices\":[{\"delta\":{\"content\":\"€ \\\"x\\\"\"}}]}\r\n\r\n";
    String odd = ": ping\n\nevent: note\nid: 3\ndata: {\"a\":\ndata: 1}\n\n\n";
    String receipt = "{\"variant\":\"large\",\"cost\":\"0.000025\"}";
    String whole = chunk("Pa") + euro + odd + chunk("ris") + stop(receipt) + DONE;
    String sent = chunk("Pa") + euro + odd + chunk("ris") + stop() + usageComment(9, 4, 5) + DONE;
    byte[] bytes = sent.getBytes(StandardCharsets.UTF_8);
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  for (int i = 0; i < bytes.length; i += 7) {
                    wire.piece(
                        java.util.Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + 7)));
                  }
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      HttpResponse<String> response = gateway.post(chat(true));

      assertThat(response.body()).isEqualTo(whole);
      assertThat(response.headers().firstValue("content-type"))
          .hasValue("text/event-stream; charset=utf-8");
      assertThat(replica.got.getFirst().headers()).containsEntry("x-comptroller-meter", "1");
      JsonNode line = gateway.line();
      assertThat(line.path("prompt_tokens").asLong()).isEqualTo(9);
      assertThat(line.path("cached_tokens").asLong()).isEqualTo(4);
      assertThat(line.path("completion_tokens").asLong()).isEqualTo(5);
      assertThat(line.path("estimated").asBoolean()).isFalse();
      assertThat(line.path("stream").asBoolean()).isTrue();
      // 5 + 0.4 + 20 = 25.4
      assertThat(line.path("charge_micros").asLong()).isEqualTo(25);
    }
  }

  @Test
  void shouldPassEachEventOnAtOnce() throws Exception {
    CountDownLatch firstSeen = new CountDownLatch(1);
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one"));
                  if (!firstSeen.await(5, TimeUnit.SECONDS)) {
                    wire.die();
                  }
                  wire.piece(stop() + DONE);
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()));
        Socket client = gateway.connect()) {
      send(client, chat(true), "");
      InputStream in = client.getInputStream();
      StringBuilder seen = new StringBuilder();
      readUntil(in, seen, "one");
      firstSeen.countDown();
      readUntil(in, seen, "[DONE]");
      assertThat(seen).contains("\"one\"");
    }
  }

  @Test
  void shouldCountContentChunksAndSaySoWhenTheEngineDoesNotCount() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("a") + chunk("b") + chunk("c") + stop() + DONE);
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      assertThat(gateway.post(chat(true)).body()).endsWith(DONE);
      JsonNode line = gateway.line();
      assertThat(line.path("completion_tokens").asLong()).isEqualTo(3);
      assertThat(line.path("prompt_tokens").asLong()).isEqualTo(2);
      assertThat(line.path("estimated").asBoolean()).isTrue();
    }
  }

  @Test
  void shouldTellTheCostOfAStreamInATrailerWhenTheClientWantsTrailers() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("a") + stop() + usageComment(9, 4, 5) + DONE);
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()));
        Socket client = gateway.connect()) {
      send(client, chat(true), "te: trailers\r\n");
      StringBuilder seen = new StringBuilder();
      readUntil(client.getInputStream(), seen, "x-comptroller-cost: 0.000025\r\n\r\n");
      assertThat(seen).contains(DONE).doesNotContain("comptroller-usage");
    }
  }

  @Test
  void shouldEndAStreamWithAnErrorEventWhenTheReplicaDies() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(usageComment(30, 10, 0) + chunk("one") + chunk("two"));
                  wire.piece("data: {\"half\":");
                  wire.die();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      HttpResponse<String> response = gateway.post(chat(true));

      assertThat(response.body()).startsWith(chunk("one") + chunk("two") + "data: {\"error\":");
      assertThat(response.body()).doesNotContain("[DONE]").doesNotContain("half");
      String last = response.body().substring(response.body().lastIndexOf("data: ") + 6);
      JsonNode error = TestGateway.JSON.readTree(last).path("error");
      assertThat(error.path("code").asText()).isEqualTo("upstream_failed");
      assertThat(error.path("message").asText()).contains("chat-0").contains("team-a/chat");
      JsonNode line = gateway.line();
      assertThat(line.path("outcome").asText()).isEqualTo("upstream_failed");
      assertThat(line.path("prompt_tokens").asLong()).isEqualTo(30);
      assertThat(line.path("completion_tokens").asLong()).isEqualTo(2);
      assertThat(line.path("estimated").asBoolean()).isTrue();
      assertThat(line.path("charge_micros").asLong()).isEqualTo(20 + 1 + 8);
      assertThat(gateway.admin("/metrics").body())
          .contains(
              "comptroller_gateway_upstream_failures_total{namespace=\"team-a\","
                  + "deployment=\"chat\",kind=\"stream\",} 1.0");
    }
  }

  @Test
  void shouldNotTakeASilentEndForAnEnd() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one") + stop());
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      HttpResponse<String> response = gateway.post(chat(true));
      assertThat(response.body()).contains("\"code\":\"upstream_failed\"").doesNotContain("[DONE]");
      assertThat(gateway.line().path("outcome").asText()).isEqualTo("upstream_failed");
    }
  }

  @Test
  void shouldPassOnTheEnginesOwnErrorEventAndAddNoOther() throws Exception {
    String error = "data: {\"error\":{\"message\":\"out of memory\",\"code\":\"x\"}}\n\n";
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one") + error);
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      assertThat(gateway.post(chat(true)).body()).isEqualTo(chunk("one") + error);
      assertThat(gateway.line().path("outcome").asText()).isEqualTo("upstream_failed");
    }
  }

  @Test
  void shouldEndAndBookWhatStillRunsWhenItMustStop() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one"));
                  wire.awaitClosed();
                });
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      Future<HttpResponse<String>> answer = threads.submit(() -> gateway.post(chat(true)));
      Awaitility.await().until(() -> replica.got.size() == 1);
      gateway.gateway.stop(Duration.ofMillis(500));
      assertThat(answer.get(5, TimeUnit.SECONDS).body())
          .startsWith(chunk("one") + "data: {\"error\"")
          .contains("shutting_down");
      assertThat(replica.clientLeft.await(1, TimeUnit.SECONDS)).isTrue();
    }
    try (UsageLedger ledger = UsageLedger.open(folder.resolve("data"), Duration.ofSeconds(5))) {
      assertThat(ledger.recent(2))
          .singleElement()
          .matches(line -> line.outcome() == Outcome.GATEWAY_STOPPED)
          .matches(line -> line.usage().completion() == 1);
    }
  }

  @Test
  void shouldGiveUpOnAReplicaThatFallsSilent() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one"));
                  wire.awaitClosed();
                });
        TestGateway gateway =
            new TestGateway(folder, table(replica.address()), Duration.ofSeconds(1))) {
      HttpResponse<String> response = gateway.post(chat(true));
      assertThat(response.body()).contains("has sent nothing for 1 s").doesNotContain("[DONE]");
      assertThat(replica.clientLeft.await(1, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void shouldAnswer502AndAskNoOtherReplicaWhenTheRequestMayHaveRun() throws Exception {
    try (FakeReplica first = new FakeReplica((_, wire) -> wire.die());
        FakeReplica second = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway = new TestGateway(folder, table(first.address(), second.address()))) {
      HttpResponse<String> response = gateway.post(chat(false));
      assertThat(response.statusCode()).isEqualTo(502);
      assertThat(response.body()).contains("upstream_failed").contains("chat-0");
      assertThat(second.got).isEmpty();
      JsonNode line = gateway.line();
      assertThat(line.path("outcome").asText()).isEqualTo("upstream_failed");
      assertThat(line.path("charge_micros").asLong()).isZero();
    }
  }

  @Test
  void shouldGoToAnotherReplicaWhenNoConnectionComesAbout() throws Exception {
    try (FakeReplica alive = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway =
            new TestGateway(folder, table(closedAddress(), closedAddress(), alive.address()))) {
      HttpResponse<String> response = gateway.post(chat(false));
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(alive.got).hasSize(1);
      assertThat(gateway.line().path("replica").asText()).isEqualTo("chat-2");
      String metrics = gateway.admin("/metrics").body();
      assertThat(metrics)
          .contains("deployment=\"chat\",kind=\"connect\",} 2.0")
          .contains("upstream_reroutes_total{namespace=\"team-a\",deployment=\"chat\",} 2.0");
      // The dead ones are the last resort for a while: the next request goes straight.
      assertThat(gateway.post(chat(false)).statusCode()).isEqualTo(200);
      assertThat(gateway.admin("/metrics").body())
          .contains("deployment=\"chat\",kind=\"connect\",} 2.0");
    }
  }

  @Test
  void shouldAnswer503WhenNoReplicaCanBeReachedAndTryEachOnce() throws Exception {
    try (TestGateway gateway = new TestGateway(folder, table(closedAddress(), closedAddress()))) {
      HttpResponse<String> response = gateway.post(chat(true));
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("retry-after")).isPresent();
      assertThat(response.body()).contains("none of the 2 ready replicas").contains("team-a/chat");
      assertThat(gateway.admin("/metrics").body())
          .contains("deployment=\"chat\",kind=\"connect\",} 2.0");
    }
  }

  @Test
  void shouldGoToAnotherReplicaWhenOneIsFullAndPassOnTheLastRefusal() throws Exception {
    String full = "{\"error\":{\"message\":\"queue is full\",\"type\":\"x\",\"code\":\"full\"}}";
    try (FakeReplica first = new FakeReplica((_, wire) -> wire.whole(429, full, "retry-after: 3"));
        FakeReplica second = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway = new TestGateway(folder, table(first.address(), second.address()))) {
      assertThat(gateway.post(chat(false)).statusCode()).isEqualTo(200);
      gateway.route(table(first.address()));
      Awaitility.await()
          .untilAsserted(
              () -> {
                HttpResponse<String> refused = gateway.post(chat(false));
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.body()).isEqualTo(full);
                assertThat(refused.headers().firstValue("retry-after")).hasValue("3");
              });
      assertThat(gateway.lines().getFirst().path("outcome").asText()).isEqualTo("upstream_refused");
    }
  }

  @Test
  void shouldStopTheReplicaWithinASecondWhenTheClientLeavesAStream() throws Exception {
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(usageComment(11, 0, 0) + chunk("one") + chunk("two"));
                  wire.awaitClosed();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      try (Socket client = gateway.connect()) {
        send(client, chat(true), "");
        readUntil(client.getInputStream(), new StringBuilder(), "two");
      }
      assertThat(replica.clientLeft.await(1, TimeUnit.SECONDS)).isTrue();
      JsonNode line = gateway.line();
      assertThat(line.path("outcome").asText()).isEqualTo("client_gone");
      assertThat(line.path("prompt_tokens").asLong()).isEqualTo(11);
      assertThat(line.path("completion_tokens").asLong()).isEqualTo(2);
      assertThat(line.path("estimated").asBoolean()).isTrue();
      assertThat(line.path("charge_micros").asLong()).isEqualTo(19);
    }
  }

  @Test
  void shouldStopTheReplicaWithinASecondWhenTheClientLeavesBeforeTheFirstByte() throws Exception {
    for (boolean stream : List.of(true, false)) {
      Path place = folder.resolve("s" + stream);
      java.nio.file.Files.createDirectories(place);
      try (FakeReplica replica = new FakeReplica((_, wire) -> wire.awaitClosed());
          TestGateway gateway = new TestGateway(place, table(replica.address()))) {
        try (Socket client = gateway.connect()) {
          send(client, chat(stream), "");
          Awaitility.await().until(() -> replica.got.size() == 1);
        }
        assertThat(replica.clientLeft.await(1, TimeUnit.SECONDS)).isTrue();
        JsonNode line = gateway.line();
        assertThat(line.path("outcome").asText()).isEqualTo("client_gone");
        assertThat(line.path("status").asInt()).isEqualTo(499);
        assertThat(line.path("charge_micros").asLong()).isZero();
        assertThat(line.path("estimated").asBoolean()).isTrue();
      }
    }
  }

  @Test
  void shouldKeepClientsFromPassingForTheGatewayAndItsSecretsFromReplicas() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      gateway.post(
          chat(false),
          "x-comptroller-meter",
          "0",
          "x-comptroller-namespace",
          "other",
          "authorization",
          "Bearer secret",
          "cookie",
          "a=b",
          "traceparent",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
      assertThat(replica.got.getFirst().headers())
          .containsEntry("x-comptroller-meter", "1")
          .containsKey("traceparent")
          .containsKey("x-request-id")
          .doesNotContainKeys("x-comptroller-namespace", "authorization", "cookie");
    }
  }
}
