package dev.comptroller.e2e.promises.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.ByteTokenizer;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.EngineLoop;
import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.GenerationRequest;
import dev.comptroller.engine.LoopObserver;
import dev.comptroller.engine.Pause;
import dev.comptroller.engine.SamplingParams;
import dev.comptroller.engine.SimulatedEngine;
import dev.comptroller.engine.SimulatedOptions;
import dev.comptroller.engine.Submission;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.TokenStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/// A program that takes the arguments of `vllm serve` and answers in vLLM's words, computing
/// nothing: steps take time and tokens are those of a fixed text. Like vLLM it ends at once when it
/// is told to, whatever it is doing.
final class VllmStandIn {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CELLS = 8_192;
  private static final int CONTEXT = 1_024;

  private final ByteTokenizer tokenizer = new ByteTokenizer();
  private final AtomicLong steps = new AtomicLong();
  private final String model;
  private final EngineLoop loop;

  private VllmStandIn(String model, int sequences, int batched) {
    this.model = model;
    this.loop =
        EngineLoop.start(
            new SimulatedEngine(
                new SimulatedOptions(
                    CONTEXT, sequences, batched, CELLS, 200, 30_000_000, 50_000, 0),
                Pause.real()),
            new BatchLimits(sequences, batched, 0),
            new LoopObserver() {
              @Override
              public void step(StepReport report) {
                steps.incrementAndGet();
              }
            },
            System::nanoTime);
  }

  /// Serves until it is killed.
  public static void main(String[] args) throws IOException {
    List<String> words = Arrays.asList(args);
    if (!Files.isRegularFile(Path.of(words.getFirst(), "config.json"))) {
      throw new IOException(words.getFirst() + " has no config.json");
    }
    VllmStandIn standIn =
        new VllmStandIn(
            after(words, "--served-model-name"),
            Integer.parseInt(after(words, "--max-num-seqs")),
            Integer.parseInt(after(words, "--max-num-batched-tokens")));
    int port = Integer.parseInt(after(words, "--port"));
    HttpServer server = HttpServer.create(new InetSocketAddress(after(words, "--host"), port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", standIn::answer);
    server.start();
  }

  /// Writes a model's folder that goes with it: each byte is a token.
  static void writeFolder(Path folder) throws IOException {
    Files.createDirectories(folder);
    ObjectNode config = JSON.createObjectNode();
    config.put("vocab_size", 258).put("eos_token_id", ByteTokenizer.END).put("dtype", "none");
    config.putArray("architectures").add("StandIn");
    Files.writeString(folder.resolve("config.json"), config.toString());
    ObjectNode tokenizer = JSON.createObjectNode();
    ObjectNode vocabulary = tokenizer.putObject("model").putObject("vocab");
    for (int each = 0; each < 256; each++) {
      vocabulary.put("<0x%02X>".formatted(each), each);
    }
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
    Files.write(folder.resolve("model.safetensors"), new byte[1_000]);
  }

  private static String after(List<String> words, String flag) {
    return words.get(words.indexOf(flag) + 1);
  }

  private void answer(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/health" -> send(exchange, 200, "");
      case "/version" -> send(exchange, 200, "{\"version\":\"0.20.2-stand-in\"}");
      case "/v1/models" ->
          send(
              exchange,
              200,
              "{\"data\":[{\"id\":\"%s\",\"max_model_len\":%d}]}".formatted(model, CONTEXT));
      case "/metrics" ->
          send(
              exchange,
              200,
              """
              vllm:kv_cache_usage_perc{engine="0"} %f
              vllm:iteration_tokens_total_count{engine="0"} %d
              vllm:cache_config_info{block_size="16",num_gpu_blocks="%d"} 1.0
              """
                  .formatted(loop.snapshot().kvUsage(), steps.get(), CELLS / 16));
      case "/tokenize" -> tokenize(exchange);
      case "/v1/completions" -> complete(exchange);
      default -> send(exchange, 404, "{\"error\":{\"message\":\"not here\"}}");
    }
  }

  private void tokenize(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    List<ChatMessage> messages = new ArrayList<>();
    body.path("messages")
        .forEach(
            each ->
                messages.add(
                    new ChatMessage(each.path("role").asText(), each.path("content").asText())));
    int[] tokens =
        messages.isEmpty()
            ? tokenizer.tokenize(
                body.path("prompt").asText(), body.path("add_special_tokens").asBoolean(), true)
            : tokenizer.chat(messages);
    send(
        exchange,
        200,
        JSON.createObjectNode()
            .put("count", tokens.length)
            .put("max_model_len", CONTEXT)
            .set("tokens", JSON.valueToTree(tokens))
            .toString());
  }

  private void complete(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    int[] prompt = JSON.convertValue(body.path("prompt"), int[].class);
    SamplingParams sampling = SamplingParams.greedy(body.path("max_tokens").asInt());
    switch (loop.submit(GenerationRequest.interactive(prompt, sampling))) {
      case Submission.Rejected(var reason) ->
          send(exchange, 400, "{\"error\":{\"message\":\"%s\"}}".formatted(reason.message()));
      case Submission.Accepted(TokenStream stream) -> {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (stream;
            OutputStream out = exchange.getResponseBody()) {
          stream(stream, prompt.length, out);
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private static void stream(TokenStream stream, int prompt, OutputStream out)
      throws IOException, InterruptedException {
    while (true) {
      ObjectNode chunk = JSON.createObjectNode();
      ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
      switch (stream.next()) {
        case TokenEvent.Token token -> {
          choice.put("text", token.text()).putNull("finish_reason");
          choice.putArray("token_ids").add(token.id());
          event(out, chunk.toString());
        }
        case TokenEvent.Finished end -> {
          choice.put("text", "");
          choice.put("finish_reason", end.reason() == FinishReason.STOP ? "stop" : "length");
          choice.putArray("token_ids");
          event(out, chunk.toString());
          ObjectNode usage = JSON.createObjectNode();
          usage.putArray("choices");
          usage
              .putObject("usage")
              .put("prompt_tokens", prompt)
              .put("completion_tokens", end.usage().completionTokens());
          event(out, usage.toString());
          event(out, "[DONE]");
          return;
        }
      }
    }
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(bytes);
    }
  }
}
