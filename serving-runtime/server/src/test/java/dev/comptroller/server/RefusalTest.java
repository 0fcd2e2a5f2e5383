package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.BatchLimits;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String TEXT = "/v1/completions";
  private static final String HI = "[{\"role\":\"user\",\"content\":\"hi\"}]";

  private Wire wire;

  @BeforeAll
  void start() throws Exception {
    wire =
        Wire.serving(
            ScriptedEngine.saying("ok".getBytes(StandardCharsets.UTF_8), 4),
            new BatchLimits(4, 64, 8));
  }

  @AfterAll
  void stop() {
    wire.close();
  }

  @Test
  void shouldRefuseAClassThatItDoesNotKnow() throws Exception {
    HttpResponse<String> answer =
        wire.send(
            "POST",
            "/v1/chat/completions",
            Wire.chatBody(""),
            "content-type",
            "application/json",
            "x-comptroller-class",
            "urgent");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("must be 'interactive' or 'batch', is 'urgent'");
  }

  static Stream<Arguments> malformedChats() {
    return Stream.of(
        arguments("", 400, null, "The body is empty"),
        arguments("[]", 400, null, "must be a JSON object, is an array"),
        arguments("{\"model\":", 400, null, "no valid JSON at line 1"),
        arguments("{} {}", 400, null, "no valid JSON"),
        arguments("{\"model\":\"house\",\"model\":\"house\"}", 400, null, "Duplicate field"),
        arguments("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}", 400, null, "nesting depth"),
        arguments("{\"messages\":" + HI + "}", 400, "model", "'model' is missing"),
        arguments("{\"model\":7,\"messages\":" + HI + "}", 400, "model", "a string, is 7"),
        arguments("{\"model\":\"gpt\",\"messages\":" + HI + "}", 404, "model", "team/house, house"),
        arguments("{\"model\":\"house\"}", 400, "messages", "'messages' is missing"),
        arguments(messages("\"hi\""), 400, "messages", "an array, is \"hi\""),
        arguments(messages("[]"), 400, "messages", "'messages' is empty"),
        arguments(messages("[3]"), 400, "messages[0]", "an object, is 3"),
        arguments(messages("[{\"content\":\"x\"}]"), 400, "messages[0].role", "is missing"),
        arguments(
            messages("[{\"role\":\"boss\",\"content\":\"x\"}]"),
            400,
            "messages[0].role",
            "system, developer, user, assistant or tool, is \"boss\""),
        arguments(messages("[{\"role\":\"user\"}]"), 400, "messages[0].content", "is missing"),
        arguments(
            messages("[{\"role\":\"user\",\"content\":{}}]"),
            400,
            "messages[0].content",
            "a string or an array of text parts, is an object"),
        arguments(
            messages("[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]"),
            400,
            "messages[0].content[0].type",
            "must be \"text\", is \"image_url\""),
        arguments(
            messages("[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]"),
            400,
            "messages[0].content[0].text",
            "is missing"),
        arguments(
            messages("[{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{}]}]"),
            400,
            "messages[0].tool_calls",
            "not supported"),
        arguments(
            messages("[{\"role\":\"user\",\"content\":\"x\",\"mood\":1}]"),
            400,
            "messages[0].mood",
            "not a field"),
        arguments(with("\"temperature\":\"hot\""), 400, "temperature", "from 0 to 2, is \"hot\""),
        arguments(with("\"temperature\":2.5"), 400, "temperature", "from 0 to 2, is 2.5"),
        arguments(with("\"top_p\":-0.1"), 400, "top_p", "from 0 to 1, is -0.1"),
        arguments(with("\"max_tokens\":0"), 400, "max_tokens", "1 or more, is 0"),
        arguments(with("\"max_tokens\":1.5"), 400, "max_tokens", "whole number"),
        arguments(with("\"max_completion_tokens\":\"9\""), 400, "max_completion_tokens", "whole"),
        arguments(with("\"max_tokens\":99999999999"), 400, "max_tokens", "99999999999"),
        arguments(with("\"n\":2"), 400, "n", "must be 1"),
        arguments(with("\"stop\":7"), 400, "stop", "up to 4 strings, is 7"),
        arguments(with("\"stop\":[\"\"]"), 400, "stop[0]", "1 to 1000 characters, has 0"),
        arguments(with("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"), 400, "stop", "has 5 strings"),
        arguments(with("\"seed\":1.5"), 400, "seed", "whole number of at most 64 bits"),
        arguments(with("\"stream\":\"yes\""), 400, "stream", "true or false, is \"yes\""),
        arguments(with("\"stream_options\":{}"), 400, "stream_options", "needs 'stream': true"),
        arguments(
            with("\"stream\":true,\"stream_options\":{\"include_usage\":1}"),
            400,
            "stream_options.include_usage",
            "true or false, is 1"),
        arguments(with("\"presence_penalty\":3"), 400, "presence_penalty", "from -2 to 2"),
        arguments(with("\"frequency_penalty\":[]"), 400, "frequency_penalty", "an array"),
        arguments(with("\"top_logprobs\":3"), 400, "top_logprobs", "needs 'logprobs': true"),
        arguments(
            with("\"logprobs\":true,\"top_logprobs\":21"), 400, "top_logprobs", "from 0 to 20"),
        arguments(with("\"logit_bias\":{\"x\":1}"), 400, "logit_bias", "token id, is x"),
        arguments(with("\"logit_bias\":{\"7\":101}"), 400, "logit_bias.7", "-100 to 100"),
        arguments(with("\"logit_bias\":{\"258\":1}"), 400, "logit_bias", "ids are 0 to 257"),
        arguments(with("\"tools\":[{\"type\":\"function\"}]"), 400, "tools", "not supported"),
        arguments(with("\"tool_choice\":\"required\""), 400, "tool_choice", "not supported"),
        arguments(with("\"functions\":[{}]"), 400, "functions", "not supported"),
        arguments(
            with("\"response_format\":{\"type\":\"json_object\"}"),
            400,
            "response_format.type",
            "must be \"text\", is \"json_object\""),
        arguments(with("\"modalities\":[\"audio\"]"), 400, "modalities", "[\"text\"]"),
        arguments(with("\"temprature\":1"), 400, "temprature", "not a field of this request"),
        arguments(
            with("\"max_tokens\":600"),
            400,
            "messages",
            "600 are asked for, but the context holds"));
  }

  @ParameterizedTest
  @MethodSource("malformedChats")
  void shouldNameTheFieldOfAMalformedChat(
      String body, int status, @Nullable String param, String message) throws Exception {
    assertRefused(wire.post(CHAT, body), status, param, message);
  }

  static Stream<Arguments> malformedTexts() {
    return Stream.of(
        arguments("", "prompt", "'prompt' is missing"),
        arguments("\"prompt\":{}", "prompt", "a string or an array of token ids"),
        arguments("\"prompt\":[]", "prompt", "'prompt' is empty"),
        arguments("\"prompt\":[\"a\",\"b\"]", "prompt", "has 2 prompts"),
        arguments("\"prompt\":[1,\"b\"]", "prompt[1]", "a token id, is \"b\""),
        arguments("\"prompt\":[[1.5]]", "prompt[0][0]", "a token id, is 1.5"),
        arguments("\"prompt\":[1,999]", "prompt", "token 999"),
        arguments("\"prompt\":\"a\",\"echo\":true", "echo", "not supported"),
        arguments("\"prompt\":\"a\",\"suffix\":\"b\"", "suffix", "not supported"),
        arguments("\"prompt\":\"a\",\"best_of\":3", "best_of", "must be 1"),
        arguments("\"prompt\":\"a\",\"logprobs\":6", "logprobs", "from 0 to 5"),
        arguments("\"prompt\":\"a\",\"messages\":[]", "messages", "not a field"));
  }

  @ParameterizedTest
  @MethodSource("malformedTexts")
  void shouldNameTheFieldOfAMalformedCompletion(String fields, String param, String message)
      throws Exception {
    String body = "{\"model\":\"house\"" + (fields.isEmpty() ? "" : "," + fields) + "}";
    assertRefused(wire.post(TEXT, body), 400, param, message);
  }

  @Test
  void shouldGiveContextOverflowItsCodeAndTheNumbers() throws Exception {
    String body = "{\"model\":\"house\",\"prompt\":\"" + "x".repeat(520) + "\"}";
    HttpResponse<String> answer = wire.post(TEXT, body);

    JsonNode error = assertRefused(answer, 400, "prompt", "521 tokens");
    assertThat(error.get("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(error.get("message").asText()).contains("512");
  }

  @Test
  void shouldRefuseOtherMethodsPathsAndMediaTypes() throws Exception {
    HttpResponse<String> method = wire.get(CHAT);
    assertRefused(method, 405, null, "takes POST, not GET");
    assertThat(method.headers().firstValue("allow")).contains("POST");
    assertRefused(wire.post("/metrics", "{}"), 405, null, "takes GET, not POST");
    assertRefused(wire.get("/v1/nothing"), 404, null, "There is no /v1/nothing here");
    assertRefused(
        wire.send("POST", CHAT, "x", "content-type", "text/plain"), 415, null, "is text/plain");
    assertRefused(wire.get("/v1/models/gpt"), 404, "model", "'gpt' is not served here");
  }

  @Test
  void shouldRefuseBodiesOverTheLimitDeclaredOrNot() throws Exception {
    String large = "x".repeat(Wire.MAX_BODY + 1);
    assertRefused(wire.post(CHAT, large), 413, null, "over " + Wire.MAX_BODY + " bytes");

    String chunked =
        RawHttp.exchange(
            wire.server.port(),
            "POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
                .formatted(CHAT, large.length(), large));
    assertThat(chunked).startsWith("HTTP/1.1 413").contains("over " + Wire.MAX_BODY + " bytes");
  }

  @Test
  void shouldRefuseWhatIsNoHttp() throws Exception {
    String header = "GET /health HTTP/1.1\r\nhost: x\r\nx: " + "y".repeat(20_000) + "\r\n\r\n";
    assertThat(RawHttp.exchange(wire.server.port(), header))
        .contains(" 431 ", "invalid_request_error");
    String line = "GET /" + "y".repeat(10_000) + " HTTP/1.1\r\nhost: x\r\n\r\n";
    assertThat(RawHttp.exchange(wire.server.port(), line))
        .contains(" 414 ", "invalid_request_error");
  }

  private static JsonNode assertRefused(
      HttpResponse<String> answer, int status, @Nullable String param, String message)
      throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("x-request-id")).isPresent();
    JsonNode error = Wire.json(answer.body()).get("error");
    assertThat(error.get("message").asText()).contains(message);
    assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.get("param").textValue()).isEqualTo(param);
    assertThat(error.has("code")).isTrue();
    return error;
  }

  private static String messages(String messages) {
    return "{\"model\":\"house\",\"messages\":" + messages + "}";
  }

  private static String with(String fields) {
    return "{\"model\":\"house\",\"messages\":" + HI + "," + fields + "}";
  }
}
