package dev.comptroller.gateway;

import static dev.comptroller.gateway.BatchSdkTest.await;
import static dev.comptroller.gateway.BatchSdkTest.client;
import static dev.comptroller.gateway.BatchSdkTest.content;
import static dev.comptroller.gateway.BatchSdkTest.line;
import static dev.comptroller.gateway.BatchSdkTest.submit;
import static dev.comptroller.gateway.BatchSdkTest.upload;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.JSON;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.batches.Batch;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A gateway that is killed at random while a batch runs.
@Tag("integration")
class BatchKillTest {
  private static final int KILLS = Integer.getInteger("comptroller.queue.kills", 2);
  private static final int ITEMS = Integer.getInteger("comptroller.queue.items", 60);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @Test
  void shouldBillEachItemOnceAndWriteOneLineEachThoughTheGatewayIsKilledAtRandom()
      throws Exception {
    long seed = Long.getLong("comptroller.queue.seed", System.nanoTime());
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      lines.add(line("r" + i, "Question " + i));
    }
    try (FakeReplica replica =
        new FakeReplica(
            (_, wire) -> {
              Thread.sleep(60);
              wire.whole(200, answer(10, 0, 20));
            })) {
      Path table = folder.resolve("table.json");
      Files.writeString(
          table, table(replica.address()).replace("\"maxSequences\":64", "\"maxSequences\":6"));
      String id = "";
      for (int kill = 0; kill < KILLS; kill++) {
        try (GatewayProcess gateway = start(table)) {
          if (id.isEmpty()) {
            String file = upload(client(gateway.port), folder, lines).id();
            id = submit(client(gateway.port), file).id();
          }
          Thread.sleep(random.nextInt(900));
          gateway.process.destroyForcibly().waitFor();
        }
      }
      try (GatewayProcess gateway = start(table)) {
        Batch done = await(client(gateway.port), id, Duration.ofMinutes(2));
        assertThat(done.status()).as("seed %d", seed).isEqualTo(Batch.Status.COMPLETED);
        assertThat(done.requestCounts().orElseThrow().completed()).isEqualTo(ITEMS);
        Set<String> ids = new HashSet<>();
        for (JsonNode out : content(client(gateway.port), done.outputFileId().orElseThrow())) {
          assertThat(ids.add(out.path("custom_id").asText())).as("one line each").isTrue();
        }
        assertThat(ids).hasSize(ITEMS);
        Set<String> billed = new HashSet<>();
        long charged = 0;
        JsonNode usage = JSON.readTree(admin(gateway, "/usage?limit=1000"));
        for (JsonNode bill : usage.path("data")) {
          assertThat(billed.add(bill.path("request_id").asText())).as("billed once").isTrue();
          charged += bill.path("charge_micros").asLong();
        }
        assertThat(billed).as("seed %d", seed).hasSize(ITEMS);
        // 10 + 80 micro-dollars at half the price
        assertThat(charged).isEqualTo(45L * ITEMS);
        assertThat(JSON.readTree(admin(gateway, "/queue")).at("/saved/0/charged").asDouble())
            .isEqualTo(charged / 1e6);
        assertThat(done.usage().orElseThrow().totalTokens()).isEqualTo(30L * ITEMS);
      }
    }
  }

  private GatewayProcess start(Path table) throws Exception {
    return new GatewayProcess(folder.resolve("data"), "--routing-file", table.toString());
  }

  private static String admin(GatewayProcess gateway, String path) throws Exception {
    return gateway
        .client
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:%d%s".formatted(gateway.adminPort, path)))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
