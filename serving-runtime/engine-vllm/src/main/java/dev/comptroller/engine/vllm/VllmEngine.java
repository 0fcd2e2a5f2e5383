package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.BatchingEngine;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.EngineInfo;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.Tokenizer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// A model served by vLLM, over its OpenAI API on loopback.
///
/// Prompts go there as tokens and answers come back as tokens (`return_token_ids`), so that what
/// is counted is what was computed. vLLM must have been started with
/// `--scheduling-policy priority`: interactive requests have priority 0, batch requests 1, so that
/// its own cache pressure falls on batch work first. Whatever a model's `generation_config.json`
/// says of sampling is overruled: a request gets what it asks for.
public final class VllmEngine implements BatchingEngine {
  private static final String COMPLETIONS = "/v1/completions";
  private static final int LOOKS_TO_FAIL = 3;

  private final VllmOptions options;
  private final VllmHttp http;
  private final String model;
  private final EngineInfo info;
  private final VllmTokenizer tokenizer;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private VllmEngine(
      VllmOptions options, VllmHttp http, ModelFolder folder, String model, EngineInfo info) {
    this.options = options;
    this.http = http;
    this.model = model;
    this.info = info;
    this.tokenizer = new VllmTokenizer(http, model, folder);
  }

  /// Waits until vLLM has loaded its model.
  ///
  /// @throws EngineException when it does not in time, or is not what was expected
  public static VllmEngine open(VllmOptions options) {
    ModelFolder folder = ModelFolder.read(options.model());
    VllmHttp http = new VllmHttp(options.upstream());
    try {
      await(http, options);
      String version = http.json("/version").path("version").asText("of unknown version");
      JsonNode card = http.json("/v1/models").path("data").path(0);
      Figures figures = Figures.read(http.get("/metrics").body());
      int context = card.path("max_model_len").asInt();
      if (context < 1 || figures.cells() < 1) {
        throw new EngineException(
            "vLLM %s at %s tells a context of %d tokens and a cache of %d; both must be 1 or more"
                .formatted(version, options.upstream(), context, figures.cells()));
      }
      EngineInfo info =
          new EngineInfo(
              "vLLM " + version,
              folder.name(),
              folder.description(),
              context,
              folder.vocabularySize(),
              folder.weightsBytes(),
              0,
              options.maxSequences(),
              options.maxBatchedTokens(),
              figures.cells());
      return new VllmEngine(options, http, folder, card.path("id").asText(), info);
    } catch (IOException e) {
      http.close();
      throw new EngineException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      http.close();
      Thread.currentThread().interrupt();
      throw new EngineException("interrupted while vLLM loaded its model", e);
    } catch (EngineException e) {
      http.close();
      throw e;
    }
  }

  private static void await(VllmHttp http, VllmOptions options) throws InterruptedException {
    long deadline = System.nanoTime() + options.patience().toNanos();
    String last = "no answer yet";
    while (System.nanoTime() - deadline < 0) {
      try {
        int status = http.get("/health").status();
        if (status == 200) {
          return;
        }
        last = "/health answers " + status;
      } catch (IOException e) {
        last = e.toString();
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    throw new EngineException(
        "vLLM at %s was not healthy within %d s (%s); look at its container's log"
            .formatted(options.upstream(), options.patience().toSeconds(), last));
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public void watch(Watcher watcher) {
    var unused = threads.submit(() -> look(watcher));
  }

  @Override
  public Run run(
      TokenIds prompt, SamplingParams sampling, RequestClass requestClass, Listener listener) {
    VllmRun run = new VllmRun(http, COMPLETIONS, request(prompt, sampling, requestClass), listener);
    var unused = threads.submit(run);
    return run;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.close();
  }

  private void look(Watcher watcher) {
    Duration pause = options.look();
    int missed = 0;
    try {
      while (!Thread.currentThread().isInterrupted()) {
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        String trouble = "";
        try {
          VllmHttp.Answer page = http.get("/metrics");
          int health = http.get("/health").status();
          if (health != 200) {
            watcher.failed("vLLM's /health answers " + health);
            return;
          }
          Figures figures = Figures.read(page.body());
          watcher.seen(figures.used(), figures.steps());
        } catch (IOException e) {
          trouble = e.toString();
        }
        missed = trouble.isEmpty() ? 0 : missed + 1;
        if (missed >= LOOKS_TO_FAIL) {
          watcher.failed("vLLM did not answer %d times in a row: %s".formatted(missed, trouble));
          return;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// What vLLM is asked for a request.
  private ObjectNode request(TokenIds prompt, SamplingParams sampling, RequestClass requestClass) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model", model);
    ArrayNode tokens = body.putArray("prompt");
    for (int i = 0; i < prompt.size(); i++) {
      tokens.add(prompt.at(i));
    }
    body.put("max_tokens", sampling.maxTokens())
        .put("temperature", sampling.temperature())
        .put("top_p", sampling.topP())
        .put("top_k", sampling.topK())
        .put("min_p", 0.0)
        .put("repetition_penalty", 1.0)
        .put("presence_penalty", sampling.presencePenalty())
        .put("frequency_penalty", sampling.frequencyPenalty())
        .put("ignore_eos", sampling.ignoreEnd())
        .put("add_special_tokens", false)
        .put("priority", requestClass == RequestClass.INTERACTIVE ? 0 : 1)
        .put("stream", true)
        .put("return_token_ids", true);
    body.putObject("stream_options").put("include_usage", true);
    if (sampling.seeded()) {
      body.put("seed", sampling.seed()); // a generator of its own for each request is slower there
    }
    if (!sampling.stops().isEmpty()) {
      sampling.stops().forEach(body.putArray("stop")::add);
    }
    if (sampling.logprobs()) {
      body.put("logprobs", sampling.topLogprobs()).put("return_tokens_as_token_ids", true);
    }
    if (!sampling.logitBias().isEmpty()) {
      ObjectNode biases = body.putObject("logit_bias");
      sampling.logitBias().forEach((token, bias) -> biases.put(Integer.toString(token), bias));
    }
    return body;
  }
}
