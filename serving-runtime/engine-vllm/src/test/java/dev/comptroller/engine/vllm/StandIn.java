package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A server that answers in the words of vLLM 0.20.2, as they were seen on the wire.
final class StandIn implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG =
      """
      {"architectures":["LlamaForCausalLM"],"dtype":"bfloat16","eos_token_id":2,"vocab_size":300}
      """;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  volatile int health = 200;
  volatile int status = 200;
  volatile List<String> lines = List.of();

  /// How long a line takes.
  volatile long millis;

  /// Whether a reader went away before the last line.
  volatile boolean left;

  StandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/health", exchange -> answer(exchange, health, ""));
    server.createContext("/version", exchange -> answer(exchange, 200, "{\"version\":\"0.20.2\"}"));
    server.createContext(
        "/v1/models",
        exchange ->
            answer(exchange, 200, "{\"data\":[{\"id\":\"ns/chat\",\"max_model_len\":1024}]}"));
    server.createContext(
        "/metrics",
        exchange ->
            answer(
                exchange,
                200,
                """
                vllm:kv_cache_usage_perc{engine="0"} 0.5
                vllm:iteration_tokens_total_count{engine="0"} 7.0
                vllm:cache_config_info{block_size="128",num_gpu_blocks="10"} 1.0
                """));
    server.createContext("/tokenize", this::tokenize);
    server.createContext("/v1/completions", this::complete);
    server.start();
  }

  /// The options that reach it, and a folder for them.
  VllmOptions options(Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), CONFIG);
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"added_tokens":[{"id":2,"content":"<|im_end|>","special":true}],
         "model":{"type":"BPE","vocab":{"a":57,"b":58,"<|im_end|>":2}}}
        """);
    URI upstream = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return new VllmOptions(upstream, folder, 8, 512);
  }

  private void tokenize(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    asked.add(body);
    answer(
        exchange,
        status,
        status == 200
            ? "{\"count\":3,\"max_model_len\":1024,\"tokens\":[1,57,58],\"token_strs\":null}"
            : "{\"error\":{\"message\":\"roles must alternate\",\"code\":400}}");
  }

  private void complete(HttpExchange exchange) throws IOException {
    asked.add(JSON.readTree(exchange.getRequestBody()));
    if (status != 200) {
      answer(exchange, status, "{\"error\":{\"message\":\"max_tokens=6000 is too many\"}}");
      return;
    }
    exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream body = exchange.getResponseBody()) {
      for (String line : lines) {
        body.write((line + "\n\n").getBytes(StandardCharsets.UTF_8));
        body.flush();
        Thread.sleep(millis);
      }
    } catch (IOException _) {
      left = true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
