package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.JSON;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchCreateParams.CompletionWindow;
import com.openai.models.batches.BatchCreateParams.Endpoint;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchSdkTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  static OpenAIClient client(TestGateway gateway) {
    return client(gateway.gateway.port());
  }

  static OpenAIClient client(int port) {
    return OpenAIOkHttpClient.builder()
        .apiKey("unused")
        .baseUrl("http://127.0.0.1:%d/v1".formatted(port))
        .maxRetries(0)
        .build();
  }

  static String line(String id, String text) {
    return """
        {"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":{"model":"team-a/chat",\
        "max_tokens":16,"messages":[{"role":"user","content":"%s"}]}}"""
        .formatted(id, text);
  }

  static FileObject upload(OpenAIClient client, Path folder, List<String> lines) throws Exception {
    Path file = Files.createTempFile(folder, "in", ".jsonl");
    Files.writeString(file, String.join("\n", lines) + "\n");
    return client
        .files()
        .create(FileCreateParams.builder().file(file).purpose(FilePurpose.BATCH).build());
  }

  static Batch submit(OpenAIClient client, String file) {
    return submit(client, file, "24h");
  }

  static Batch submit(OpenAIClient client, String file, String window) {
    return client
        .batches()
        .create(
            BatchCreateParams.builder()
                .inputFileId(file)
                .endpoint(Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(CompletionWindow.of(window))
                .build());
  }

  static Batch await(OpenAIClient client, String id, Duration limit) {
    return Awaitility.await()
        .atMost(limit)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> client.batches().retrieve(id),
            batch ->
                List.of("completed", "failed", "expired", "cancelled")
                    .contains(batch.status().asString()));
  }

  static List<JsonNode> content(OpenAIClient client, String file) throws Exception {
    try (HttpResponse response = client.files().content(file)) {
      List<JsonNode> lines = new ArrayList<>();
      for (String line :
          new String(response.body().readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        lines.add(JSON.readTree(line));
      }
      return lines;
    }
  }

  @Test
  void shouldRunAFileOfRequestsAtHalfThePriceThroughTheOpenAiClient() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add(line("r" + i, "Question " + i));
    }
    lines.add("{\"custom_id\":\"r3\"" + lines.get(3).substring("{\"custom_id\":\"r3\"".length()));
    lines.add("{\"method\":\"POST\"}");
    lines.add("not JSON");
    lines.add(line("other", "x").replace("team-a/chat", "team-a/none"));
    lines.add(line("wrong", "x").replace("\"url\":\"/v1/chat", "\"url\":\"/v1/other"));
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(12, 3, 4)));
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      FileObject file = upload(client, folder, lines);
      assertThat(file.bytes()).isEqualTo(String.join("\n", lines).length() + 1L);
      assertThat(file.filename()).endsWith(".jsonl");

      Batch submitted = submit(client, file.id());
      assertThat(submitted.status()).isEqualTo(Batch.Status.VALIDATING);
      Batch done = await(client, submitted.id(), Duration.ofSeconds(15));

      assertThat(done.status()).isEqualTo(Batch.Status.COMPLETED);
      assertThat(done.requestCounts().orElseThrow())
          .matches(counts -> counts.total() == 45)
          .matches(counts -> counts.completed() == 40)
          .matches(counts -> counts.failed() == 5);
      assertThat(done.usage().orElseThrow().inputTokens()).isEqualTo(480);
      TreeMap<String, JsonNode> output = new TreeMap<>();
      content(client, done.outputFileId().orElseThrow())
          .forEach(line -> output.put(line.path("custom_id").asText(), line));
      assertThat(output).hasSize(40);
      assertThat(
              output
                  .getOrDefault("r7", MissingNode.getInstance())
                  .at("/response/body/choices/0/message/content")
                  .asText())
          .isEqualTo("Paris.");
      assertThat(output.values())
          .allSatisfy(
              line ->
                  assertThat(line.path("x_comptroller").toString())
                      .isEqualTo(
                          "{\"variant\":\"large\",\"why\":\"batch work at 50 % of the price at"
                              + " submission\",\"cost\":\"0.000013\"}"));
      assertThat(content(client, done.errorFileId().orElseThrow()))
          .extracting(line -> line.at("/error/line").asInt() + line.at("/error/code").asText())
          .containsExactly(
              "41duplicate_custom_id",
              "42missing_required_parameter",
              "43invalid_json_line",
              "44model_not_found",
              "45mismatched_endpoint");
      // 9 + 0.3 + 16 micro-dollars at half the price
      assertThat(gateway.lines())
          .hasSize(40)
          .allMatch(line -> line.path("class").asText().equals("batch"))
          .allMatch(line -> line.path("tariff_percent").asInt() == 50)
          .allMatch(line -> line.path("charge_micros").asLong() == 13);
      assertThat(replica.got)
          .allMatch(got -> "batch".equals(got.headers().get("x-comptroller-class")));
      JsonNode queue = JSON.readTree(gateway.admin("/queue").body());
      assertThat(queue.at("/saved/0/charged").asText()).isEqualTo("0.000520");
      assertThat(queue.at("/saved/0/saved").asText()).isEqualTo("0.000480");
      assertThat(queue.path("depth")).isEmpty();
      assertThat(queue.path("due").isArray()).isTrue();
      assertThat(queue.path("due")).isEmpty();
      assertThat(gateway.admin("/metrics").body())
          .contains(
              "comptroller_queue_items_total{model=\"team-a/chat\",outcome=\"completed\",} 40");
    }
  }

  @Test
  void shouldListPageAndDeleteFilesAndBatches() throws Exception {
    try (FakeReplica replica = new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1)));
        TestGateway gateway = new TestGateway(folder, table(replica.address()))) {
      OpenAIClient client = client(gateway);
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        ids.add(upload(client, folder, List.of(line("a", "x"))).id());
      }
      List<String> paged = new ArrayList<>();
      client
          .files()
          .list(FileListParams.builder().limit(2).order(FileListParams.Order.ASC).build())
          .autoPager()
          .forEach(file -> paged.add(file.id()));
      assertThat(paged).isEqualTo(ids);
      List<String> batches = new ArrayList<>();
      for (String id : ids) {
        batches.addFirst(submit(client, id).id());
      }
      List<String> listed = new ArrayList<>();
      client.batches().list().autoPager().forEach(batch -> listed.add(batch.id()));
      assertThat(listed).isEqualTo(batches);
      for (String batch : batches) {
        assertThat(await(client, batch, Duration.ofSeconds(10)).status())
            .isEqualTo(Batch.Status.COMPLETED);
      }

      assertThat(client.files().delete(ids.getFirst()).deleted()).isTrue();
      assertThatThrownBy(() -> client.files().retrieve(ids.getFirst()))
          .isInstanceOf(NotFoundException.class);
      assertThatThrownBy(() -> submit(client, ids.getFirst()))
          .isInstanceOf(NotFoundException.class);
      assertThatThrownBy(() -> client.batches().retrieve("batch_none"))
          .isInstanceOf(NotFoundException.class);
      assertThatThrownBy(
              () ->
                  client
                      .batches()
                      .create(
                          BatchCreateParams.builder()
                              .inputFileId(ids.get(1))
                              .endpoint(Endpoint.of("/v1/embeddings"))
                              .completionWindow(CompletionWindow._24H)
                              .build()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("endpoint must be");
    }
  }
}
