package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.engine.BatchingEngine.End;
import dev.comptroller.engine.BatchingEngine.Listener;
import dev.comptroller.engine.BatchingEngine.Piece;
import dev.comptroller.engine.BatchingEngine.Run;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.TokenEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// One request that vLLM has: its stream is read on a thread of its own, which tells the end once.
final class VllmRun implements Run, Runnable {
  private static final String DATA = "data: ";
  private static final String TOKEN_ID = "token_id:";

  private final VllmHttp http;
  private final CompletableFuture<HttpResponse<InputStream>> answer;
  private final Listener listener;
  private volatile boolean stopped;
  private volatile @Nullable InputStream body;
  private int tokens;
  private int cachedTokens;
  private @Nullable String finish;

  /// @param path where vLLM answers
  /// @param request what it is asked
  VllmRun(VllmHttp http, String path, JsonNode request, Listener listener) {
    this.http = http;
    this.listener = listener;
    this.answer = http.stream(path, request);
  }

  @Override
  public void stop() {
    stopped = true;
    answer.cancel(true);
    InputStream open = body;
    if (open != null) {
      close(open);
    }
  }

  @Override
  public void run() {
    End end;
    try {
      end = read(answer.get());
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      end = new End.Failed("vLLM cannot be asked: " + cause.getMessage());
    } catch (IOException | CancellationException e) {
      end = new End.Failed("vLLM's answer broke off after %d tokens: %s".formatted(tokens, e));
    } catch (InterruptedException _) {
      end = new End.Stopped();
    } catch (RuntimeException e) {
      end = new End.Failed("vLLM's answer cannot be read: " + e);
    }
    listener.ended(stopped ? new End.Stopped() : end);
  }

  private End read(HttpResponse<InputStream> response) throws IOException {
    try (InputStream stream = response.body()) {
      body = stream;
      if (response.statusCode() != 200) {
        String text = new String(stream.readNBytes(64 << 10), StandardCharsets.UTF_8);
        return new End.Failed(
            "vLLM answered %d: %s".formatted(response.statusCode(), http.reason(text)));
      }
      var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null && !stopped; line = lines.readLine()) {
        if (line.equals(DATA + "[DONE]")) {
          break;
        }
        if (line.startsWith(DATA)) {
          String failure = take(http.read(line.substring(DATA.length())));
          if (failure != null) {
            return new End.Failed(failure);
          }
        }
      }
      return end();
    }
  }

  private End end() {
    String reason = finish;
    if (reason == null) {
      return new End.Failed("vLLM's answer broke off after %d tokens".formatted(tokens));
    }
    return switch (reason) {
      case "stop" -> new End.Done(FinishReason.STOP, cachedTokens);
      case "length" -> new End.Done(FinishReason.LENGTH, cachedTokens);
      default ->
          new End.Failed("vLLM ended the answer after %d tokens: %s".formatted(tokens, reason));
    };
  }

  /// Takes a chunk; what went wrong, if something did.
  private @Nullable String take(JsonNode chunk) {
    if (chunk.has("error")) {
      return "vLLM failed: " + http.reason(chunk.toString());
    }
    cachedTokens =
        chunk.path("usage").path("prompt_tokens_details").path("cached_tokens").asInt(cachedTokens);
    JsonNode choice = chunk.path("choices").path(0);
    JsonNode reason = choice.path("finish_reason");
    if (reason.isTextual()) {
      finish = reason.asText();
    }
    if (choice.isMissingNode()) {
      return null;
    }
    JsonNode ids = choice.path("token_ids");
    if (!ids.isArray()) {
      return ids.isNull() || !choice.path("text").asText().isEmpty()
          ? "vLLM does not tell token ids; use version 0.10.2 or later"
          : null;
    }
    var pieces = new ArrayList<Piece>();
    for (int i = 0; i < ids.size(); i++) {
      pieces.add(new Piece(ids.get(i).asInt(), logprob(choice.path("logprobs"), i)));
    }
    if (!pieces.isEmpty()) {
      tokens += pieces.size();
      listener.tokens(pieces);
    }
    return null;
  }

  private static TokenEvent.@Nullable Logprob logprob(JsonNode logprobs, int index) {
    JsonNode value = logprobs.path("token_logprobs").path(index);
    if (!value.isNumber()) {
      return null;
    }
    List<TokenEvent.Candidate> top = new ArrayList<>();
    logprobs
        .path("top_logprobs")
        .path(index)
        .properties()
        .forEach(
            each -> {
              if (each.getKey().startsWith(TOKEN_ID)) {
                int id = Integer.parseInt(each.getKey().substring(TOKEN_ID.length()));
                top.add(new TokenEvent.Candidate(id, each.getValue().asDouble()));
              }
            });
    top.sort((one, other) -> Double.compare(other.logprob(), one.logprob()));
    return new TokenEvent.Logprob(value.asDouble(), top);
  }

  private static void close(InputStream open) {
    try {
      open.close();
    } catch (IOException _) {
      // it is given up anyway
    }
  }
}
