package dev.comptroller.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.protocol.openai.ChatChunk;
import java.io.IOException;
import java.io.UncheckedIOException;

/// JSON as the wire has it: snake case, bounded depth and sizes, no field twice.
final class Json {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER = 64;

  /* In a delta, what is absent has not changed. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private interface OmitEmpty {}

  private final ObjectMapper mapper;

  /// @param maxBytes the longest text in a request
  Json(int maxBytes) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER)
                    .maxStringLength(maxBytes)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    mapper =
        JsonMapper.builder(factory)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .addMixIn(ChatChunk.Delta.class, OmitEmpty.class)
            .build();
  }

  /// The body of a request.
  JsonNode read(byte[] body) {
    if (body.length == 0) {
      throw new ApiException(ApiError.invalid(null, "The body is empty; send a JSON object"));
    }
    try {
      return mapper.readTree(body);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw new ApiException(
          ApiError.invalid(null, "The body is no valid JSON" + where + ": " + firstLine(e)));
    } catch (IOException e) {
      throw new ApiException(
          ApiError.invalid(null, "The body cannot be read as UTF-8 JSON: " + e.getMessage()));
    }
  }

  /// A record as bytes.
  byte[] write(Object value) {
    try {
      return mapper.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A record as bytes, without some components when they are empty.
  byte[] writeWithoutEmpty(Object value, String... fields) {
    ObjectNode node = mapper.valueToTree(value);
    for (String field : fields) {
      if (node.path(field).isNull()) {
        node.remove(field);
      }
    }
    return write(node);
  }

  private static String firstLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
