package dev.comptroller.e2e.fleet;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionUsage;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Requests through the real OpenAI client library.
public final class Traffic implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final OpenAIClient client;
  private final String model;

  /// Traffic to one model behind a gateway that asks for no credentials.
  public Traffic(URI gateway, String model) {
    this(gateway, model, "local", "");
  }

  /// Traffic to one model behind a gateway.
  ///
  /// @param key the API key
  /// @param feature the feature that every request names; empty for the key's own
  public Traffic(URI gateway, String model, String key, String feature) {
    this.model = model;
    OpenAIOkHttpClient.Builder builder =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway + "/v1")
            .apiKey(key)
            .timeout(PATIENCE)
            .maxRetries(0);
    if (!feature.isEmpty()) {
      builder.putHeader("x-comptroller-feature", feature);
    }
    this.client = builder.build();
  }

  /// The client itself, for what this class has no words for.
  public OpenAIClient client() {
    return client;
  }

  /// One answer.
  ///
  /// @param text what the model said
  /// @param finishReason why it stopped
  /// @param promptTokens tokens of the prompt, as the server counted them
  /// @param completionTokens tokens of the answer, as the server counted them
  /// @param pieces how many pieces of text came one by one; 1 when it was not streamed
  /// @param headers the `x-comptroller-*` headers of the response
  public record Answer(
      String text,
      String finishReason,
      long promptTokens,
      long completionTokens,
      int pieces,
      Map<String, String> headers) {}

  /// Asks and waits for the whole answer.
  public Answer ask(String question, long maxTokens) {
    try (HttpResponseFor<ChatCompletion> response =
        client.chat().completions().withRawResponse().create(params(question, maxTokens).build())) {
      ChatCompletion completion = response.parse();
      CompletionUsage usage = completion.usage().orElseThrow(Traffic::noUsage);
      ChatCompletion.Choice choice = completion.choices().getFirst();
      return new Answer(
          choice.message().content().orElse(""),
          choice.finishReason().asString(),
          usage.promptTokens(),
          usage.completionTokens(),
          1,
          ours(response.headers()));
    }
  }

  /// Asks and hands every piece of the answer on as it comes.
  public Answer stream(String question, long maxTokens, Consumer<String> piece) {
    ChatCompletionCreateParams params =
        params(question, maxTokens)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    StringBuilder text = new StringBuilder();
    List<CompletionUsage> usages = new ArrayList<>();
    List<String> finish = new ArrayList<>();
    int pieces = 0;
    try (HttpResponseFor<StreamResponse<ChatCompletionChunk>> response =
            client.chat().completions().withRawResponse().createStreaming(params);
        StreamResponse<ChatCompletionChunk> chunks = response.parse()) {
      for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) chunks.stream()::iterator) {
        chunk.usage().ifPresent(usages::add);
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
          choice.finishReason().ifPresent(it -> finish.add(it.asString()));
          String content = choice.delta().content().orElse("");
          if (!content.isEmpty()) {
            pieces++;
            text.append(content);
            piece.accept(content);
          }
        }
      }
      if (usages.size() != 1) {
        throw new FleetException(
            "a stream carries usage once, in its last chunk; this one %d times"
                .formatted(usages.size()));
      }
      CompletionUsage usage = usages.getFirst();
      return new Answer(
          text.toString(),
          finish.isEmpty() ? "" : finish.getLast(),
          usage.promptTokens(),
          usage.completionTokens(),
          pieces,
          ours(response.headers()));
    }
  }

  /// Asks many questions at once, each streamed.
  public List<Answer> askAll(List<String> questions, long maxTokens) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> asked = new ArrayList<>();
      for (String question : questions) {
        asked.add(threads.submit(() -> stream(question, maxTokens, _ -> {})));
      }
      List<Answer> answers = new ArrayList<>();
      for (Future<Answer> future : asked) {
        answers.add(future.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw new FleetException("a request failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetException("interrupted while waiting for answers", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }

  private ChatCompletionCreateParams.Builder params(String question, long maxTokens) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage(question)
        .temperature(0.0)
        .maxCompletionTokens(maxTokens);
  }

  private static FleetException noUsage() {
    return new FleetException("the answer carries no usage");
  }

  private static Map<String, String> ours(Headers headers) {
    Map<String, String> found = new TreeMap<>();
    for (String name : headers.names()) {
      if (name.toLowerCase(Locale.ROOT).startsWith("x-comptroller-")) {
        found.put(name.toLowerCase(Locale.ROOT), headers.values(name).getFirst());
      }
    }
    return found;
  }
}
