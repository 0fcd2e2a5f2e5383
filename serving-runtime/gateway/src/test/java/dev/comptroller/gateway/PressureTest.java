package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.send;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PressureTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void shouldHoldASlowReadersReplicaBackInsteadOfTheWholeAnswer() throws Exception {
    String big = chunk("x".repeat(8_000));
    ConcurrentLinkedQueue<Integer> written = new ConcurrentLinkedQueue<>();
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  for (int i = 0; i < 8_000; i++) {
                    wire.piece(big);
                    written.add(i);
                  }
                  wire.piece(DONE);
                  wire.end();
                });
        TestGateway gateway = new TestGateway(folder, table(replica.address()));
        Socket client = new Socket()) {
      client.setReceiveBufferSize(16 * 1024);
      client.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.gateway.port()));
      send(client, chat(true), "");
      InputStream in = client.getInputStream();
      assertThat(in.read()).isPositive();
      // 64 MB are on offer; what is taken without a reader is what sockets hold.
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(8))
          .until(written::size, new SameForAWhile());
      assertThat(written.size()).isLessThan(4_000);
      StringBuilder end = new StringBuilder();
      byte[] piece = new byte[64 * 1024];
      long total = 0;
      while (end.indexOf("[DONE]") < 0) {
        int n = in.read(piece);
        assertThat(n).isPositive();
        total += n;
        end.setLength(0);
        end.append(
            new String(piece, Math.max(0, n - 100), Math.min(100, n), StandardCharsets.UTF_8));
      }
      assertThat(total).isGreaterThan(8_000L * 8_000);
    }
  }

  /// True while a number has not moved since it was last seen.
  private static final class SameForAWhile implements java.util.function.Predicate<Integer> {
    private int last = -1;

    @Override
    public boolean test(Integer now) {
      boolean same = now == last && now > 0;
      last = now;
      return same;
    }
  }

  @Test
  void shouldSpreadTwoHundredStreamsEvenlyOverFourReplicas() throws Exception {
    int streams = 200;
    CountDownLatch all = new CountDownLatch(streams);
    List<FakeReplica> replicas = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      replicas.add(
          new FakeReplica(
              (_, wire) -> {
                wire.begin();
                wire.piece(chunk("go"));
                all.countDown();
                if (!all.await(20, TimeUnit.SECONDS)) {
                  wire.die();
                }
                wire.piece(stop() + usageComment(5, 0, 2) + DONE);
                wire.end();
              }));
    }
    String[] addresses = replicas.stream().map(FakeReplica::address).toArray(String[]::new);
    try (TestGateway gateway = new TestGateway(folder, table(addresses));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        answers.add(threads.submit(() -> gateway.post(chat(true)).body()));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get(30, TimeUnit.SECONDS)).endsWith(DONE);
      }
      for (FakeReplica replica : replicas) {
        assertThat(replica.got).hasSize(50);
        assertThat(replica.most.get()).isEqualTo(50);
        replica.close();
      }
      List<JsonNode> lines = gateway.lines();
      assertThat(lines).hasSize(streams);
      assertThat(lines).allMatch(line -> line.path("charge_micros").asLong() == 13);
      String metrics = gateway.admin("/metrics").body();
      assertThat(metrics)
          .contains(
              "comptroller_gateway_requests_total{namespace=\"team-a\",deployment=\"chat\","
                  + "code=\"200\",} 200.0")
          .contains("variant=\"large\",class=\"output\",traffic=\"interactive\",} 400.0")
          .contains(
              "comptroller_gateway_in_flight_requests{namespace=\"team-a\","
                  + "deployment=\"chat\",} 0.0");
    }
  }
}
