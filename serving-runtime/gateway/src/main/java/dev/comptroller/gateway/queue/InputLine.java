package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.meter.RequestText;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// What one line of an input file asks for.
sealed interface InputLine {
  /// Output tokens to expect where the request names no bound.
  long ASSUMED_OUTPUT = 256;

  /// Longest `custom_id`, in characters.
  int LONGEST_ID = 512;

  /// A request.
  ///
  /// @param model as the line names it
  /// @param tokens that it will use, at a guess
  /// @param inputTokens of them
  /// @param body to send
  record Good(String customId, String model, long tokens, long inputTokens, ObjectNode body)
      implements InputLine {}

  /// A line that cannot run.
  ///
  /// @param customId of it, if that much could be read
  /// @param code for programs
  /// @param param the field that is wrong
  record Bad(@Nullable String customId, String code, String message, @Nullable String param)
      implements InputLine {}

  /// Reads lines of batches for one endpoint.
  final class Reader {
    private static final JsonMapper JSON =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String endpoint;
    private final int longest;

    /// A reader.
    ///
    /// @param endpoint that every line must name
    /// @param longest line, in bytes
    Reader(String endpoint, int longest) {
      this.endpoint = endpoint;
      this.longest = longest;
    }

    /// What a line asks for.
    InputLine read(InputLines.Line line) {
      if (line.length() > longest) {
        return new Bad(
            null,
            "line_too_long",
            "the line has %d bytes, at most %d are allowed".formatted(line.length(), longest),
            null);
      }
      try {
        JsonNode node = JSON.readTree(line.bytes());
        return node instanceof ObjectNode object
            ? read(object)
            : new Bad(null, "invalid_json_line", "the line must be a JSON object", null);
      } catch (JacksonException e) {
        return new Bad(
            null,
            "invalid_json_line",
            "the line is not valid JSON: " + e.getOriginalMessage(),
            null);
      } catch (IOException e) {
        throw new AssertionError("bytes in memory do not fail", e);
      }
    }

    private InputLine read(ObjectNode line) {
      JsonNode id = line.path("custom_id");
      if (!id.isTextual() || id.textValue().isBlank() || id.textValue().length() > LONGEST_ID) {
        return new Bad(
            id.isTextual() && !id.textValue().isBlank()
                ? id.textValue().substring(0, LONGEST_ID)
                : null,
            id.isMissingNode() ? "missing_required_parameter" : "invalid_custom_id",
            "custom_id must be a string of 1 to %d characters".formatted(LONGEST_ID),
            "custom_id");
      }
      String customId = id.textValue();
      if (!line.path("method").asText("").equals("POST")) {
        return bad(customId, "invalid_method", "method must be POST", "method");
      }
      if (!line.path("url").asText("").equals(endpoint)) {
        return bad(
            customId,
            "mismatched_endpoint",
            "url must be the batch's endpoint %s, is %s"
                .formatted(endpoint, cut(line.path("url").asText("absent"))),
            "url");
      }
      if (!(line.path("body") instanceof ObjectNode body)) {
        return bad(customId, "missing_required_parameter", "body must be a JSON object", "body");
      }
      return read(customId, body);
    }

    private static InputLine read(String customId, ObjectNode body) {
      JsonNode model = body.path("model");
      if (!model.isTextual() || model.textValue().isBlank()) {
        return bad(
            customId,
            "missing_required_parameter",
            "body.model must be a string that is not empty",
            "body.model");
      }
      JsonNode stream = body.path("stream");
      if (!stream.isMissingNode()
          && !stream.isNull()
          && !(stream.isBoolean() && !stream.asBoolean())) {
        return bad(
            customId, "invalid_stream", "body.stream must be false or absent", "body.stream");
      }
      long output = ASSUMED_OUTPUT;
      for (String field : new String[] {"max_tokens", "max_completion_tokens"}) {
        JsonNode bound = body.path(field);
        if (bound.isIntegralNumber() && bound.canConvertToInt() && bound.asInt() > 0) {
          output = bound.asInt();
        }
      }
      long input = RequestText.guessTokens(text(body.path("messages")) + text(body.path("prompt")));
      return new Good(customId, model.textValue(), input + output, input, body);
    }

    private static long text(JsonNode node) {
      if (node.isTextual()) {
        return node.textValue().length();
      }
      long characters = 0;
      for (JsonNode child : node) {
        characters += text(child);
      }
      return characters;
    }

    private static Bad bad(String customId, String code, String message, String param) {
      return new Bad(customId, code, message, param);
    }

    static String cut(String text) {
      return text.length() <= 128 ? text : text.substring(0, 128) + "...";
    }
  }
}
