package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.BatchLimits;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static final String STEP = "{model_name=\"team/house\",engine=\"0\",state=\"step\"";
  private static final BatchLimits LIMITS = new BatchLimits(4, 64, 8);

  @Test
  void shouldStreamWholeCharactersThoughTokensAreSingleBytes() throws Exception {
    String answer = "Größe 🙂 日本語 – ok";
    try (Wire wire = serving(answer)) {
      List<JsonNode> events = stream(wire, "\"stream\":true");

      assertThat(text(events)).isEqualTo(answer);
      for (JsonNode event : events) {
        String piece = event.at("/choices/0/delta/content").asText();
        assertThat(piece).doesNotContain("\uFFFD");
        assertThat(piece.codePointCount(0, piece.length())).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void shouldHoldBackStopTextsThatSpanTokens() throws Exception {
    try (Wire wire = serving("one two STOP three")) {
      List<JsonNode> events = stream(wire, "\"stream\":true,\"stop\":[\"never\",\"STOP\"]");
      JsonNode whole = Wire.json(wire.chat("\"stop\":\"STOP\"").body());

      assertThat(text(events)).isEqualTo("one two ");
      assertThat(events.toString()).doesNotContain("S\"").doesNotContain("three");
      assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
      assertThat(whole.at("/choices/0/message/content").asText()).isEqualTo("one two ");
      assertThat(whole.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }
  }

  @Test
  void shouldReleaseWhatOnlyLookedLikeAStopText() throws Exception {
    try (Wire wire = serving("one STO two ST")) {
      List<JsonNode> events = stream(wire, "\"stream\":true,\"stop\":\"STOP\"");

      assertThat(text(events)).isEqualTo("one STO two ST");
      assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }
  }

  @Test
  void shouldTellUsageInALastChunkWhenAskedAndNeverElse() throws Exception {
    try (Wire wire = serving("abc")) {
      List<JsonNode> asked =
          stream(wire, "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
      JsonNode last = asked.getLast();

      // "user: hi\nassistant: " is 20 bytes, and there is one begin mark; "abc" and one end mark.
      assertThat(last.get("choices")).isEmpty();
      assertThat(last.at("/usage/prompt_tokens").asInt()).isEqualTo(21);
      assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(4);
      assertThat(last.at("/usage/total_tokens").asInt()).isEqualTo(25);
      assertThat(last.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isZero();
      assertThat(asked.subList(0, asked.size() - 1))
          .allMatch(event -> event.has("usage") && event.get("usage").isNull());
      assertThat(stream(wire, "\"stream\":true")).noneMatch(event -> event.has("usage"));
    }
  }

  @Test
  void shouldTellTokensInCommentsWhenTheGatewayMetersAndNeverElse() throws Exception {
    try (Wire wire = serving("abc")) {
      String body = Wire.chatBody("\"stream\":true");
      String metered =
          wire.send(
                  "POST",
                  "/v1/chat/completions",
                  body,
                  "content-type",
                  "application/json",
                  "x-comptroller-meter",
                  "1")
              .body();

      assertThat(metered)
          .startsWith(
              ": comptroller-usage {\"prompt_tokens\":21,\"cached_tokens\":0,"
                  + "\"completion_tokens\":0,\"gpu_ns\":0}\n\n")
          .containsPattern(
              ": comptroller-usage \\{\"prompt_tokens\":21,\"cached_tokens\":0,"
                  + "\"completion_tokens\":4,\"gpu_ns\":[1-9][0-9]*}\n\ndata: \\[DONE]\n\n$");
      assertThat(wire.post("/v1/chat/completions", body).body()).doesNotContain("comptroller");
    }
  }

  @Test
  void shouldTellTheGpuTimeOfAWholeAnswerWhenTheGatewayMetersAndNeverElse() throws Exception {
    try (Wire wire = serving("abc")) {
      HttpResponse<String> metered =
          wire.send(
              "POST",
              "/v1/chat/completions",
              Wire.chatBody(""),
              "content-type",
              "application/json",
              "x-comptroller-meter",
              "1");
      long told = metered.headers().firstValueAsLong("x-comptroller-gpu-ns").orElse(0);
      assertThat(told).isPositive();
      assertThat(wire.metric("comptroller_gpu_nanoseconds_total" + STEP))
          .as("it was alone, so it used every step")
          .isEqualTo((double) told);
      HttpResponse<String> other = wire.post("/v1/chat/completions", Wire.chatBody(""));
      assertThat(other.headers().firstValue("x-comptroller-gpu-ns")).isEmpty();
    }
  }

  @Test
  void shouldOpenWithTheRoleAndLeaveUnchangedFieldsOut() throws Exception {
    try (Wire wire = serving("abc")) {
      List<JsonNode> events = stream(wire, "\"stream\":true,\"max_tokens\":2");

      assertThat(events.getFirst().at("/choices/0/delta").toString())
          .isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
      assertThat(events.get(1).at("/choices/0/delta").toString()).isEqualTo("{\"content\":\"a\"}");
      assertThat(events.getLast().at("/choices/0/delta").toString()).isEqualTo("{}");
      assertThat(events.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("length");
      assertThat(events).allMatch(e -> e.get("id").equals(events.getFirst().get("id")));
      assertThat(events).allMatch(e -> e.get("object").asText().equals("chat.completion.chunk"));
    }
  }

  @Test
  void shouldGiveLogProbabilitiesWithExactBytes() throws Exception {
    try (Wire wire = serving("é")) {
      JsonNode chat =
          Wire.json(wire.chat("\"logprobs\":true,\"top_logprobs\":2").body())
              .at("/choices/0/logprobs/content");
      JsonNode text =
          Wire.json(
                  wire.post(
                          "/v1/completions",
                          "{\"model\":\"house\",\"prompt\":\"x\",\"logprobs\":2}")
                      .body())
              .at("/choices/0/logprobs");
      List<JsonNode> streamed = stream(wire, "\"stream\":true,\"logprobs\":true");

      assertThat(chat).hasSize(2);
      assertThat(chat.at("/0/bytes/0").asInt()).isEqualTo(0xc3);
      assertThat(chat.at("/1/bytes/0").asInt()).isEqualTo(0xa9);
      assertThat(chat.at("/0/logprob").asDouble()).isBetween(-0.001, 0.0);
      assertThat(chat.at("/0/top_logprobs")).hasSize(2);
      assertThat(text.get("tokens")).hasSize(2);
      assertThat(text.get("token_logprobs")).hasSize(2);
      assertThat(text.get("text_offset").toString()).isEqualTo("[0,1]");
      assertThat(streamed.get(1).at("/choices/0/logprobs/content")).hasSize(2);
    }
  }

  @Test
  void shouldTakeEveryFormOfContentAndPrompt() throws Exception {
    try (Wire wire = serving("ok")) {
      String parts =
          "{\"model\":\"house\",\"messages\":[{\"role\":\"developer\",\"content\":\"be\"},"
              + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
              + "{\"type\":\"text\",\"text\":\"b\"}],\"name\":\"n\"},"
              + "{\"role\":\"assistant\",\"content\":\"c\",\"refusal\":null},"
              + "{\"role\":\"tool\",\"content\":\"d\",\"tool_call_id\":\"t\"}],"
              + "\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"store\":false,\"tools\":[],"
              + "\"service_tier\":\"auto\",\"temperature\":null,\"tool_choice\":\"none\","
              + "\"response_format\":{\"type\":\"text\"},\"top_p\":0,\"n\":1,\"seed\":-5}";
      JsonNode chat = Wire.json(wire.post("/v1/chat/completions", parts).body());

      // system: be / user: a\nb / assistant: c / tool: d / assistant: , and one begin mark
      assertThat(chat.at("/usage/prompt_tokens").asInt()).isEqualTo(11 + 10 + 13 + 8 + 11 + 1);
      assertThat(chat.get("service_tier").asText()).isEqualTo("default");
      assertThat(promptTokens(wire, "\"abc\"")).isEqualTo(4);
      assertThat(promptTokens(wire, "[\"abc\"]")).isEqualTo(4);
      assertThat(promptTokens(wire, "[97,98]")).isEqualTo(2);
      assertThat(promptTokens(wire, "[[97,98,99]]")).isEqualTo(3);
    }
  }

  @Test
  void shouldGoOnUntilTheContextIsFullUnlessAMaximumIsGiven() throws Exception {
    try (Wire wire = serving("x".repeat(2000))) {
      JsonNode chat = Wire.json(wire.chat("").body());
      JsonNode text =
          Wire.json(wire.post("/v1/completions", "{\"model\":\"house\",\"prompt\":\"x\"}").body());

      assertThat(chat.at("/usage/total_tokens").asInt()).isEqualTo(512);
      assertThat(chat.at("/choices/0/finish_reason").asText()).isEqualTo("length");
      assertThat(text.at("/usage/completion_tokens").asInt()).isEqualTo(16);
    }
  }

  @Test
  void shouldCarryIdsVariantAndTimesInHeaders() throws Exception {
    try (Wire wire = serving("ok")) {
      HttpResponse<String> given =
          wire.send(
              "POST",
              "/v1/chat/completions",
              Wire.chatBody(""),
              "content-type",
              "application/json; charset=utf-8",
              "x-request-id",
              "trace-1");
      HttpResponse<String> bad = wire.send("GET", "/v1/models", "", "x-request-id", "<script>\"'");

      assertThat(given.headers().firstValue("x-request-id")).contains("trace-1");
      assertThat(given.headers().firstValue("x-comptroller-variant")).contains("large");
      assertThat(given.headers().firstValueAsLong("openai-processing-ms")).isPresent();
      assertThat(bad.headers().firstValue("x-request-id").orElseThrow()).startsWith("req_");
    }
  }

  @Test
  void shouldListItsModelsByEveryName() throws Exception {
    try (Wire wire = serving("ok")) {
      JsonNode list = Wire.json(wire.get("/v1/models").body());

      assertThat(list.at("/data/0/id").asText()).isEqualTo("team/house");
      assertThat(list.at("/data/1/id").asText()).isEqualTo("house");
      for (String path : List.of("/v1/models/house", "/v1/models/team/house")) {
        assertThat(Wire.json(wire.get(path).body()).get("object").asText()).isEqualTo("model");
      }
      assertThat(Wire.json(wire.get("/v1/models/team%2Fhouse").body()).get("id").asText())
          .isEqualTo("team/house");
    }
  }

  private static int promptTokens(Wire wire, String prompt) throws Exception {
    String body = "{\"model\":\"house\",\"prompt\":%s}".formatted(prompt);
    return Wire.json(wire.post("/v1/completions", body).body()).at("/usage/prompt_tokens").asInt();
  }

  private static Wire serving(String answer) throws Exception {
    return Wire.serving(ScriptedEngine.saying(answer.getBytes(StandardCharsets.UTF_8), 4), LIMITS);
  }

  private static List<JsonNode> stream(Wire wire, String fields) throws Exception {
    HttpResponse<String> answer = wire.chat(fields);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    assertThat(answer.body()).endsWith("data: [DONE]\n\n");
    return Wire.events(answer.body());
  }

  private static String text(List<JsonNode> events) {
    var text = new StringBuilder();
    events.forEach(event -> text.append(event.at("/choices/0/delta/content").asText("")));
    return text.toString();
  }
}
