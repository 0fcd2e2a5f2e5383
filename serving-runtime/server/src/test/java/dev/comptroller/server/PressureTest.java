package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.StepPlan;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PressureTest {
  private static final byte[] LONG = "x".repeat(300).getBytes(StandardCharsets.UTF_8);
  private static final String ABORTED =
      "vllm:request_success_total{model_name=\"team/house\",engine=\"0\",finished_reason=\"abort\"";

  private static final String REFUSED =
      "comptroller_admission_rejected_total{model_name=\"team/house\",engine=\"0\",reason=\"queue_full\"";

  @Test
  void shouldAnswer429WithRetryAfterWhenTheQueueIsFull() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1));
        Socket _ = RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("")));
        Socket _ = RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("")))) {
      awaitRunning(wire, engine);
      await().until(() -> wire.metric("vllm:num_requests_waiting") == 1);

      HttpResponse<String> third = wire.chat("");

      JsonNode error = Wire.json(third.body()).get("error");
      assertThat(third.statusCode()).isEqualTo(429);
      assertThat(third.headers().firstValueAsLong("retry-after")).hasValue(1);
      assertThat(error.get("code").asText()).isEqualTo("rate_limit_exceeded");
      assertThat(error.get("message").asText()).contains("maxQueued is 1");
      assertThat(wire.metric(REFUSED)).isEqualTo(1);
      assertThat(wire.metric("vllm:num_requests_running")).isEqualTo(1);
    }
  }

  @Test
  void shouldCancelAStreamWhoseClientIsGone() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1))) {
      Socket socket =
          RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("\"stream\":true")));
      engine.permit(2);
      readUntil(socket.getInputStream(), "\"content\":\"x\"");

      socket.close();

      assertAborted(wire, engine);
    }
  }

  @Test
  void shouldCancelAWholeAnswerWhoseClientIsGone() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1))) {
      Socket socket = RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("")));
      awaitRunning(wire, engine);

      socket.close();

      assertAborted(wire, engine);
    }
  }

  @Test
  void shouldForgetAQueuedRequestWhoseClientIsGone() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1));
        Socket _ = RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("")))) {
      awaitRunning(wire, engine);
      Socket queued = RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("")));
      await().until(() -> wire.metric("vllm:num_requests_waiting") == 1);

      queued.close();

      await()
          .until(
              () -> {
                engine.permit(1);
                return wire.metric("vllm:num_requests_waiting") == 0;
              });
      assertThat(wire.metric(ABORTED)).isEqualTo(1);
    }
  }

  @Test
  void shouldKeepEveryStepWithinTheLimits() throws Exception {
    ScriptedEngine engine =
        ScriptedEngine.stepwise("a long answer".getBytes(StandardCharsets.UTF_8), 8);
    try (Wire wire = Wire.serving(engine, new BatchLimits(3, 16, 20));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        answers.add(clients.submit((Callable<HttpResponse<String>>) () -> wire.chat("")));
      }
      await()
          .until(
              () ->
                  wire.metric("vllm:num_requests_running")
                          + wire.metric("vllm:num_requests_waiting")
                      == 9);
      engine.permit(100_000);
      for (Future<HttpResponse<String>> answer : answers) {
        assertThat(answer.get().statusCode()).isEqualTo(200);
      }

      assertThat(engine.plans().stream().mapToInt(plan -> plan.slices().size()).max()).hasValue(3);
      assertThat(engine.plans().stream().mapToInt(StepPlan::tokens).max()).hasValue(16);
      await().until(() -> wire.metric("comptroller_step_tokens_count") == engine.plans().size());
      assertThat(wire.metric("comptroller_step_tokens_sum"))
          .isEqualTo(engine.plans().stream().mapToInt(StepPlan::tokens).sum());
      assertThat(wire.metric("vllm:generation_tokens_total")).isEqualTo(9 * 14);
      assertThat(wire.metric("vllm:prompt_tokens_total")).isEqualTo(9 * 21);
    }
  }

  @Test
  void shouldAnswerInteractiveRequestsWhileBatchWorkFillsItsQueue() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise("abc".getBytes(StandardCharsets.UTF_8), 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<HttpResponse<String>> batch = () -> classed(wire, "batch");
      Future<HttpResponse<String>> first = threads.submit(batch);
      awaitRunning(wire, engine);
      Future<HttpResponse<String>> second = threads.submit(batch);
      await().until(() -> wire.metric(series("comptroller_waiting", "batch")) == 1);
      assertThat(classed(wire, "batch").statusCode()).isEqualTo(429);

      Future<HttpResponse<String>> interactive = threads.submit(() -> classed(wire, "interactive"));
      await().until(() -> wire.metric(series("comptroller_waiting", "interactive")) == 1);
      engine.permit(4 + 1);
      assertThat(interactive.get().statusCode()).isEqualTo(200);
      assertThat(wire.metric(series("comptroller_running", "interactive"))).isZero();
      assertThat(first.isDone() || second.isDone()).as("batch waited").isFalse();
      engine.letGo();
      assertThat(first.get().body()).contains("abc");
      assertThat(second.get().body()).contains("abc");
      assertThat(wire.metric(series("comptroller_preemptions_total", "batch"))).isEqualTo(1);
      assertThat(wire.metric("vllm:time_to_first_token_seconds_count"))
          .as("latencies are those of interactive requests")
          .isEqualTo(1);
    }
  }

  private static HttpResponse<String> classed(Wire wire, String name) throws Exception {
    return wire.send(
        "POST",
        "/v1/chat/completions",
        Wire.chatBody(""),
        "content-type",
        "application/json",
        "x-comptroller-class",
        name);
  }

  private static String series(String name, String requestClass) {
    return name + "{model_name=\"team/house\",engine=\"0\",class=\"" + requestClass + "\"";
  }

  @Test
  void shouldFinishRunningStreamsAndTakeNothingNewWhileDraining() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise("abc".getBytes(StandardCharsets.UTF_8), 1);
    try (Wire wire = Wire.serving(engine, new BatchLimits(1, 64, 1));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<HttpResponse<String>> ask = () -> wire.chat("\"stream\":true");
      Future<HttpResponse<String>> running = threads.submit(ask);
      awaitRunning(wire, engine);
      assertThat(wire.get("/health/ready").statusCode()).isEqualTo(200);

      Future<Boolean> drained = threads.submit(() -> wire.server.drain(Duration.ofSeconds(30)));
      await().until(() -> wire.get("/health/ready").statusCode() == 503);

      assertThat(wire.get("/health/ready").body()).isEqualTo("draining\n");
      assertThat(wire.get("/health/live").statusCode()).isEqualTo(200);
      HttpResponse<String> refused = wire.chat("");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("connection")).contains("close");
      assertThat(refused.headers().firstValue("retry-after")).contains("1");
      assertThat(drained.isDone()).isFalse();
      engine.permit(100);
      assertThat(drained.get()).isTrue();
      assertThat(running.get().body()).contains("\"content\":\"c\"").endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void shouldSayThatTheEngineFailedAndNotBeAliveAnyMore() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 2);
    try (Wire wire = Wire.serving(engine, new BatchLimits(2, 64, 1))) {
      Socket early =
          RawHttp.open(wire.server.port(), RawHttp.chat(Wire.chatBody("\"stream\":true")));
      engine.permit(2);
      readUntil(early.getInputStream(), "\"content\":\"x\"");
      engine.failNext();

      String rest = readUntil(early.getInputStream(), "\r\n0\r\n");
      assertThat(rest).contains("The engine failed: the script ends here").doesNotContain("[DONE]");
      await().until(() -> wire.get("/health/live").statusCode() == 503);
      assertThat(wire.get("/health/ready").body()).contains("the script ends here");
      HttpResponse<String> later = wire.chat("");
      assertThat(later.statusCode()).isEqualTo(503);
      assertThat(later.body()).contains("engine_failed");
    }
  }

  @Test
  void shouldAnswer500WhenTheEngineFailsBeforeTheFirstToken() throws Exception {
    ScriptedEngine engine = ScriptedEngine.stepwise(LONG, 2);
    try (Wire wire = Wire.serving(engine, new BatchLimits(2, 64, 1))) {
      engine.failNext();

      HttpResponse<String> answer = wire.chat("\"stream\":true");

      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(Wire.json(answer.body()).at("/error/type").asText()).isEqualTo("server_error");
    }
  }

  @Test
  void shouldNotBeReadyButAliveWhileTheModelLoads() throws Exception {
    try (Wire wire = Wire.loading()) {
      assertThat(wire.get("/health/ready").statusCode()).isEqualTo(503);
      assertThat(wire.get("/health/ready").body()).isEqualTo("loading team/house\n");
      assertThat(wire.get("/health").statusCode()).isEqualTo(200);
      assertThat(wire.chat("").statusCode()).isEqualTo(503);
      assertThat(wire.get("/metrics").statusCode()).isEqualTo(200);
    }
  }

  /// The loop tells its figures after each step, so it has to make one.
  private static void awaitRunning(Wire wire, ScriptedEngine engine) {
    await().until(() -> !engine.plans().isEmpty());
    engine.permit(1);
    await().until(() -> wire.metric("vllm:num_requests_running") == 1);
  }

  private static void assertAborted(Wire wire, ScriptedEngine engine) {
    await()
        .until(
            () -> {
              engine.permit(1);
              return wire.metric(ABORTED) == 1;
            });
    assertThat(engine.plans().size()).isLessThan(LONG.length);
  }

  /// What comes up to and including a text.
  private static String readUntil(InputStream in, String text) throws Exception {
    var read = new StringBuilder();
    while (read.indexOf(text) < 0) {
      int next = in.read();
      assertThat(next).as("after " + read).isNotNegative();
      read.append((char) next);
    }
    return read.toString();
  }
}
