package dev.comptroller.e2e.promises.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonNull;
import com.openai.core.ObjectMappers;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import dev.comptroller.e2e.fleet.Command;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Json;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The official OpenAI clients for Python and Java parse everything that a fleet answers.
@Tag("integration")
class OpenAiClientsTest {
  private static final String NAMESPACE = "clients";
  private static final String MODEL = NAMESPACE + "/tiny";
  private static final String NOBODY = "nobody/nothing";
  private static final int TOKENS = 12;

  @SuppressWarnings("NullAway.Init")
  private static LocalFleet fleet;

  @SuppressWarnings("NullAway.Init")
  private static Tenant tenant;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @BeforeAll
  static void serve() {
    fleet = SharedFleet.real();
    tenant = Tenant.create(fleet, NAMESPACE);
    tenant.deploy(1, 1, 8, 128, 64);
    tenant.awaitReady(1);
    try (Traffic traffic = tenant.traffic()) {
      await("the gateway routes to the replica")
          .atMost(Tenant.PATIENCE)
          .ignoreExceptions()
          .until(() -> traffic.ask("hello", 1).completionTokens() > 0);
    }
  }

  @AfterAll
  static void leave() {
    tenant.close();
  }

  @Test
  void shouldSatisfyTheOfficialPythonClient() {
    JsonNode saw = python(fleet.gateway() + "/v1", "");
    assertThat(saw.at("/batch/saw/x_comptroller/saved").asDouble()).isPositive();
    assertThat(saw.at("/errors/saw")).hasSize(10);
  }

  @Test
  void shouldSatisfyTheOfficialPythonClientWithAnApiKey() throws IOException {
    try (KeyedGateway keyed = KeyedGateway.start(fleet, NAMESPACE, folder, _ -> {})) {
      JsonNode saw = python(keyed.address().toString(), keyed.key());
      assertThat(saw.at("/errors/saw").toString()).contains("AuthenticationError");

      OpenAIClient stranger = client(keyed.address().toString(), keyed.key() + "x", true);
      assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    }
  }

  @Test
  void shouldKeepTheOfficialPythonClientFromTryingAgainWithoutMoney() throws IOException {
    try (KeyedGateway keyed =
        KeyedGateway.start(fleet, NAMESPACE, folder, OpenAiClientsTest::suspend)) {
      JsonNode saw = python(keyed.address().toString(), keyed.key(), "suspended");
      assertThat(saw.at("/no_money/saw"))
          .hasSize(2)
          .allMatch(message -> message.asText().contains("namespace " + NAMESPACE));
    }
  }

  @Test
  void shouldSatisfyTheOfficialJavaClientWithModelsStreamsAndCompletions() {
    OpenAIClient client = client(true);
    assertThat(client.models().list().data()).extracting(model -> model.id()).contains(MODEL);
    assertThat(client.models().retrieve(MODEL).ownedBy()).isEqualTo(NAMESPACE);

    ChatCompletion whole = client.chat().completions().create(ask(MODEL).build());
    String text = whole.choices().getFirst().message().content().orElseThrow();
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(ask(MODEL).build())) {
      stream.stream().forEach(chunks::add);
    }
    assertThat(
            chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .map(choice -> choice.delta().content().orElse(""))
                .collect(Collectors.joining()))
        .isEqualTo(text);
    assertThat(chunks).allMatch(chunk -> chunk.usage().isEmpty());
    assertThat(ours(chunks.getLast()).path("variant").asText()).isEqualTo("seeded");

    ChatCompletion flex =
        client
            .chat()
            .completions()
            .create(ask(MODEL).serviceTier(ChatCompletionCreateParams.ServiceTier.FLEX).build());
    assertThat(flex.choices().getFirst().message().content()).hasValue(text);

    CompletionCreateParams prompt =
        CompletionCreateParams.builder()
            .model(MODEL)
            .prompt("The capital of France")
            .maxTokens(TOKENS)
            .temperature(0.0)
            .build();
    Completion completion = client.completions().create(prompt);
    assertThat(completion.usage().orElseThrow().completionTokens()).isBetween(1L, (long) TOKENS);
    // The client's type knows no finish_reason null, which every chunk but the last has.
    List<Completion> pieces = new ArrayList<>();
    try (StreamResponse<Completion> stream = client(false).completions().createStreaming(prompt)) {
      stream.stream().forEach(pieces::add);
    }
    assertThat(
            pieces.stream()
                .map(piece -> piece.choices().getFirst().text())
                .collect(Collectors.joining()))
        .isEqualTo(completion.choices().getFirst().text());
    assertThat(pieces.subList(0, pieces.size() - 1))
        .allMatch(piece -> piece.choices().getFirst()._finishReason() instanceof JsonNull);
    assertThat(ours(pieces.getLast().validate()).path("variant").asText()).isEqualTo("seeded");
  }

  @Test
  void shouldSatisfyTheOfficialJavaClientWithBatches() throws IOException {
    OpenAIClient client = client(true);
    ChatCompletion whole = client.chat().completions().create(ask(MODEL).build());
    String text = whole.choices().getFirst().message().content().orElseThrow();

    Batch done = ended(client, submit(client, List.of(line("a", MODEL), line("b", NOBODY))));
    assertThat(done.status()).isEqualTo(Batch.Status.COMPLETED);
    List<JsonNode> output = content(client, done.outputFileId().orElseThrow());
    assertThat(output).hasSize(1);
    ChatCompletion answer =
        ObjectMappers.jsonMapper()
            .convertValue(output.getFirst().at("/response/body"), ChatCompletion.class)
            .validate();
    assertThat(answer.choices().getFirst().message().content()).hasValue(text);
    assertThat(content(client, done.errorFileId().orElseThrow()))
        .extracting(line -> line.path("custom_id").asText() + " " + line.at("/error/code").asText())
        .containsExactly("b model_not_found");
    assertThat(
            catchThrowableOfType(
                    UnexpectedStatusCodeException.class, () -> client.batches().cancel(done.id()))
                .statusCode())
        .isEqualTo(409);

    Batch running =
        submit(client, IntStream.range(0, 400).mapToObj(i -> line("c" + i, MODEL)).toList());
    assertThat(client.batches().cancel(running.id()).status())
        .isIn(Batch.Status.CANCELLING, Batch.Status.CANCELLED);
    assertThat(ended(client, running).status()).isEqualTo(Batch.Status.CANCELLED);
  }

  @Test
  void shouldTellTheOfficialJavaClientWhatIsWrong() {
    OpenAIClient client = client(true);
    NotFoundException unknown =
        catchThrowableOfType(
            NotFoundException.class, () -> client.chat().completions().create(ask(NOBODY).build()));
    assertNames(unknown, "model");
    assertThat(unknown.code()).hasValue("model_not_found");
    assertNames(
        catchThrowableOfType(
            BadRequestException.class,
            () -> client.chat().completions().create(ask(MODEL).maxCompletionTokens(-1L).build())),
        "max_completion_tokens");
    assertNames(
        catchThrowableOfType(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .createStreaming(ask(MODEL).temperature(9.0).build())
                    .close()),
        "temperature");
  }

  /// What the client keeps of a field that its types do not know.
  private static JsonNode ours(Object parsed) {
    return ObjectMappers.jsonMapper().<JsonNode>valueToTree(parsed).path("x_comptroller");
  }

  private static void assertNames(OpenAIServiceException error, String field) {
    assertThat(error.param()).hasValue(field);
    assertThat(error).hasMessageContaining(field);
  }

  private static void suspend(JsonNode table) {
    for (JsonNode account : table.path("accounts")) {
      if (account.path("namespace").asText().equals(NAMESPACE)) {
        ((ObjectNode) account.path("traffic")).put("suspended", true);
      }
    }
  }

  private static JsonNode python(String address, String key, String... more) {
    Path clients = fleet.repository().root().resolve("e2e/clients/python");
    String environment = Command.of(clients.resolve("fetch").toString()).answer();
    List<String> words = new ArrayList<>();
    words.add(Path.of(environment, "bin", "python3").toString());
    words.add(clients.resolve("check.py").toString());
    words.addAll(List.of(address, MODEL, key));
    words.addAll(List.of(more));
    return Json.parse(new Command(words, Map.of(), "").answer());
  }

  private static OpenAIClient client(boolean strict) {
    return client(fleet.gateway() + "/v1", "unused", strict);
  }

  private static OpenAIClient client(String address, String key, boolean strict) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(address)
        .apiKey(key)
        .maxRetries(0)
        .responseValidation(strict)
        .build();
  }

  private static ChatCompletionCreateParams.Builder ask(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage("What is the capital of France?")
        .temperature(0.0)
        .maxCompletionTokens(TOKENS);
  }

  private static String line(String id, String model) {
    return """
        {"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":{"model":"%s",\
        "max_tokens":%d,"temperature":0,"messages":[{"role":"user",\
        "content":"What is the capital of France?"}]}}"""
        .formatted(id, model, TOKENS);
  }

  private static Batch submit(OpenAIClient client, List<String> lines) {
    byte[] content = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    String file =
        client
            .files()
            .create(FileCreateParams.builder().file(content).purpose(FilePurpose.BATCH).build())
            .id();
    return client
        .batches()
        .create(
            BatchCreateParams.builder()
                .inputFileId(file)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow._24H)
                .build());
  }

  private static Batch ended(OpenAIClient client, Batch batch) {
    Set<Batch.Status> ends =
        Set.of(
            Batch.Status.COMPLETED,
            Batch.Status.FAILED,
            Batch.Status.EXPIRED,
            Batch.Status.CANCELLED);
    return await("batch %s ends".formatted(batch.id()))
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> client.batches().retrieve(batch.id()), seen -> ends.contains(seen.status()));
  }

  private static List<JsonNode> content(OpenAIClient client, String file) throws IOException {
    try (HttpResponse response = client.files().content(file)) {
      return new String(response.body().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(Json::parse)
          .toList();
    }
  }
}
