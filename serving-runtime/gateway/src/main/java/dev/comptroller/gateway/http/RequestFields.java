package dev.comptroller.gateway.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.comptroller.gateway.meter.RequestText;
import dev.comptroller.gateway.relay.ApiError;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the gateway has to know of a request's body.
///
/// The body is read by a streaming parser, to its end, and never rewritten: the replica gets the
/// bytes that the client sent. A field that decides here must mean the same there, so a repeated
/// `model` or `stream` is refused.
///
/// @param model as the client asked for it
/// @param stream whether the client wants a stream
/// @param guessedPrompt input tokens to assume if no engine counts them
record RequestFields(String model, boolean stream, long guessedPrompt) {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();
  private static final Set<String> TEXT = Set.of("content", "text", "prompt");

  /// A body that cannot be served.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient ApiError error;

    Refused(ApiError error) {
      super(error.message());
      this.error = error;
    }

    ApiError error() {
      return error;
    }
  }

  static RequestFields read(byte[] body) throws Refused {
    if (body.length == 0) {
      throw refused("the body is empty: send a JSON object with model and messages", null);
    }
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw refused("the body must be a JSON object", null);
      }
      RequestFields fields = fields(parser);
      if (parser.nextToken() != null) {
        throw refused("the body must be one JSON object: something follows it", null);
      }
      return fields;
    } catch (JsonProcessingException e) {
      throw refused("the body is not valid JSON: " + e.getOriginalMessage() + where(e), null);
    } catch (IOException e) {
      throw refused("the body is not valid JSON: " + e.getMessage(), null);
    }
  }

  private static RequestFields fields(JsonParser parser) throws IOException, Refused {
    String model = null;
    Boolean stream = null;
    long text = 0;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "model" -> {
          if (model != null) {
            throw refused("model is there twice", "model");
          }
          model = model(parser, value);
        }
        case "stream" -> {
          if (stream != null) {
            throw refused("stream is there twice", "stream");
          }
          stream = flag(value);
        }
        default -> text += textIn(parser, name);
      }
    }
    if (model == null) {
      throw refused("model is missing: name a deployment, as namespace/deployment", "model");
    }
    return new RequestFields(model, Boolean.TRUE.equals(stream), RequestText.guessTokens(text));
  }

  private static String model(JsonParser parser, JsonToken value) throws IOException, Refused {
    if (value != JsonToken.VALUE_STRING || parser.getText().isBlank()) {
      throw refused("model must be a string that is not empty", "model");
    }
    return parser.getText();
  }

  private static boolean flag(JsonToken value) throws Refused {
    return switch (value) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE, VALUE_NULL -> false;
      default -> throw refused("stream must be true or false", "stream");
    };
  }

  /// Reads a value to its end; the characters in it that an engine will see.
  private static long textIn(JsonParser parser, String field) throws IOException {
    JsonToken token = parser.currentToken();
    if (!token.isStructStart()) {
      return token == JsonToken.VALUE_STRING && TEXT.contains(field) ? parser.getTextLength() : 0;
    }
    long characters = 0;
    String name = field;
    for (int depth = 1; depth > 0; ) {
      token = parser.nextToken();
      if (token == null) {
        return characters;
      } else if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
      } else if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.VALUE_STRING && TEXT.contains(name)) {
        characters += parser.getTextLength();
      }
    }
    return characters;
  }

  private static Refused refused(String message, @Nullable String param) {
    return new Refused(ApiError.badRequest(message, param, "invalid_request"));
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line %d, column %d)"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }
}
