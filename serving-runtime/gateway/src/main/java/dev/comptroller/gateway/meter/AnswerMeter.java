package dev.comptroller.gateway.meter;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Counts what one answer used while it passes.
///
/// The engine's own numbers win: a `usage` object in the answer, or the runtime's usage comment.
/// The comment may come more than once in a stream; before the engine has said why it stopped it
/// makes the input exact and is a floor for the output. Where the engine says nothing, output is
/// the number of chunks with content and input is guessed from the request's text; the usage is
/// then flagged as estimated. Not thread-safe: one relay uses it from one thread at a time.
public final class AnswerMeter {
  private static final ObjectReader JSON = new ObjectMapper().reader();

  private final long guessedPrompt;
  private @Nullable Usage last;
  private boolean exact;
  private boolean answered;
  private long contentChunks;
  private @Nullable String finishReason;
  private boolean failed;
  private final Set<Integer> finished = new HashSet<>();
  private @Nullable Long gpuNanos;
  private @Nullable Usage cut;

  /// A meter for one request.
  ///
  /// @param guessedPrompt input tokens to assume if the engine never says
  public AnswerMeter(long guessedPrompt) {
    this.guessedPrompt = guessedPrompt;
  }

  /// Takes the data of one event of a stream.
  public void onData(String data) {
    try {
      JsonNode chunk = JSON.readTree(data);
      if (chunk == null) {
        return;
      }
      answered = true;
      failed |= chunk.path("error").isObject();
      boolean content = false;
      for (JsonNode choice : chunk.path("choices")) {
        content |= hasContent(choice);
        noteFinish(choice);
      }
      if (content) {
        contentChunks++;
      }
      boolean summary = chunk.path("choices").isEmpty();
      accept(UsageJson.read(chunk.path("usage")), summary || finishReason != null);
    } catch (JacksonException _) {
      answered = true;
    }
  }

  /// Takes one usage comment of the runtime.
  public void onUsageComment(String json) {
    try {
      JsonNode counts = JSON.readTree(json);
      answered = true;
      onGpuNanos(counts.path("gpu_ns").asText(""));
      accept(UsageJson.read(counts), finishReason != null);
    } catch (JacksonException _) {
      // A comment that is not JSON carries no count.
    }
  }

  /// Takes the body of an answer that is not a stream.
  public void onBody(byte[] body) {
    answered = true;
    try {
      JsonNode answer = JSON.readTree(body);
      for (JsonNode choice : answer.path("choices")) {
        noteFinish(choice);
        String text = choice.path("message").path("content").asText(choice.path("text").asText(""));
        contentChunks += RequestText.guessTokens(text.length());
      }
      accept(UsageJson.read(answer.path("usage")), true);
    } catch (IOException _) {
      // An answer that is not JSON carries no count.
    }
  }

  /// Takes the GPU-nanoseconds that the runtime attributes to the request so far.
  public void onGpuNanos(String digits) {
    if (digits.matches("[0-9]{1,18}")) {
      gpuNanos = Long.valueOf(digits);
    }
  }

  /// GPU-nanoseconds attributed to the request; null if the runtime did not say.
  public @Nullable Long gpuNanos() {
    return gpuNanos;
  }

  /// Ends the answer at a usage, as if the engine had come to a limit there.
  public void cut(Usage passed) {
    cut = passed;
    finishReason = "length";
  }

  /// Whether the engine has said of every answer why it stopped.
  public boolean ended(int choices) {
    return finished.size() >= choices;
  }

  /// Why the engine stopped, in its own word; null while it has not.
  public @Nullable String finishReason() {
    return finishReason;
  }

  /// Whether the engine has said that it failed.
  public boolean failed() {
    return failed;
  }

  /// The usage so far. An engine that has not answered yet leaves zeros, flagged as estimated.
  public Usage usage() {
    Usage counted = last;
    if (cut != null) {
      return cut;
    }
    if (counted == null) {
      return answered ? new Usage(guessedPrompt, 0, contentChunks, true) : new Usage(0, 0, 0, true);
    }
    return exact
        ? counted
        : new Usage(
            counted.prompt(),
            counted.cached(),
            Math.max(counted.completion(), contentChunks),
            true);
  }

  /// Input tokens as the engine counted them; empty while it has not.
  public OptionalLong countedPrompt() {
    Usage counted = last;
    return counted == null ? OptionalLong.empty() : OptionalLong.of(counted.prompt());
  }

  private void accept(Optional<Usage> counts, boolean complete) {
    counts.ifPresent(
        usage -> {
          last = usage;
          exact = complete;
        });
  }

  private void noteFinish(JsonNode choice) {
    JsonNode reason = choice.path("finish_reason");
    if (reason.isTextual()) {
      finishReason = reason.asText();
      finished.add(choice.path("index").asInt(0));
    }
  }

  private static boolean hasContent(JsonNode choice) {
    JsonNode delta = choice.path("delta");
    return !choice.path("text").asText("").isEmpty()
        || !delta.path("content").asText("").isEmpty()
        || !delta.path("reasoning_content").asText("").isEmpty()
        || !delta.path("refusal").asText("").isEmpty()
        || !delta.path("tool_calls").isEmpty();
  }
}
