package dev.comptroller.gateway.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.comptroller.gateway.meter.RequestText;
import dev.comptroller.gateway.relay.ApiError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the gateway has to know of a request's body.
///
/// The body is read by a streaming parser, to its end. The replica gets the bytes that the client
/// sent, but for a limit on output that is lowered in place. A field that decides here must mean
/// the same there, so such a field is refused when it is there twice.
///
/// @param model as the client asked for it
/// @param stream whether the client wants a stream
/// @param includeUsage whether it wants the usage as a chunk of the stream
/// @param guessedPrompt input tokens to assume if no engine counts them
/// @param maxima limits on output, in the order of the body
/// @param choices how many answers it asks for
/// @param sequences how many answers are computed for it
/// @param tier `service_tier`; absent if it asks for none
/// @param start offset of the byte after the opening brace
record RequestFields(
    String model,
    boolean stream,
    boolean includeUsage,
    long guessedPrompt,
    List<Maximum> maxima,
    int choices,
    int sequences,
    @Nullable String tier,
    int start) {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();
  private static final Set<String> TEXT = Set.of("content", "text", "prompt");
  private static final int MOST_SEQUENCES = 128;

  /// A limit on output in the body.
  ///
  /// @param value absent if it is null
  /// @param from offset of its first byte
  /// @param to offset after its last byte
  record Maximum(String field, @Nullable Long value, int from, int to) {}

  RequestFields {
    maxima = List.copyOf(maxima);
  }

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
      RequestFields fields = new Reading(parser).fields();
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

  /// The most output tokens that it asks for, for each answer; empty if it does not say. The newer
  /// name wins, as it does in the runtime.
  OptionalLong maxOutput() {
    OptionalLong older = OptionalLong.empty();
    for (Maximum maximum : maxima) {
      Long value = maximum.value();
      if (value != null) {
        if (maximum.field().equals("max_completion_tokens")) {
          return OptionalLong.of(value);
        }
        older = OptionalLong.of(value);
      }
    }
    return older;
  }

  /// The body with every limit on output lowered to at most `cap`, and with one if it had none; the
  /// other bytes are as they were.
  byte[] capped(byte[] body, long cap) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + 32);
    int done = 0;
    if (maxima.isEmpty()) {
      out.write(body, 0, start);
      out.writeBytes(("\"max_tokens\":" + cap + ",").getBytes(StandardCharsets.US_ASCII));
      done = start;
    }
    for (Maximum maximum : maxima) {
      Long value = maximum.value();
      if (value == null || value > cap) {
        out.write(body, done, maximum.from() - done);
        out.writeBytes(Long.toString(cap).getBytes(StandardCharsets.US_ASCII));
        done = maximum.to();
      }
    }
    out.write(body, done, body.length - done);
    return out.toByteArray();
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

  /// One pass over a body.
  private static final class Reading {
    private final JsonParser parser;
    private final Set<String> seen = new HashSet<>();
    private final List<Maximum> maxima = new ArrayList<>();
    private @Nullable String model;
    private @Nullable String tier;
    private boolean stream;
    private boolean includeUsage;
    private int choices = 1;
    private int sequences = 1;
    private long text;

    Reading(JsonParser parser) {
      this.parser = parser;
    }

    RequestFields fields() throws IOException, Refused {
      int start = offset() + 1;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        field(parser.currentName(), parser.nextToken());
      }
      String asked = model;
      if (asked == null) {
        throw refused("model is missing: name a deployment, as namespace/deployment", "model");
      }
      return new RequestFields(
          asked,
          stream,
          includeUsage,
          RequestText.guessTokens(text),
          maxima,
          choices,
          sequences,
          tier,
          start);
    }

    private void field(String name, JsonToken value) throws IOException, Refused {
      switch (name) {
        case "model" -> {
          once(name);
          if (value != JsonToken.VALUE_STRING || parser.getText().isBlank()) {
            throw refused("model must be a string that is not empty", "model");
          }
          model = parser.getText();
        }
        case "stream" -> {
          once(name);
          stream = flag(value);
        }
        case "max_tokens", "max_completion_tokens" -> {
          once(name);
          int from = offset();
          Long most = value == JsonToken.VALUE_NULL ? null : Long.valueOf(whole(name, value));
          maxima.add(new Maximum(name, most, from, from + parser.getTextLength()));
        }
        case "n", "best_of" -> {
          once(name);
          if (value != JsonToken.VALUE_NULL) {
            long many = whole(name, value);
            if (many > MOST_SEQUENCES) {
              throw refused("%s is %d, the most is %d".formatted(name, many, MOST_SEQUENCES), name);
            }
            sequences = Math.max(sequences, (int) many);
            choices = name.equals("n") ? (int) many : choices;
          }
        }
        case "service_tier" -> {
          once(name);
          if (value == JsonToken.VALUE_STRING) {
            tier = parser.getText();
          } else if (value != JsonToken.VALUE_NULL) {
            throw refused("service_tier must be a string", name);
          }
        }
        case "stream_options" -> {
          once(name);
          text += skip(name);
        }
        default -> text += skip(name);
      }
    }

    private void once(String name) throws Refused {
      if (!seen.add(name)) {
        throw refused(name + " is there twice", name);
      }
    }

    private int offset() {
      return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    }

    private long whole(String name, JsonToken value) throws IOException, Refused {
      if (value != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 1) {
        throw refused(name + " must be a whole number of at least 1", name);
      }
      return parser.getLongValue();
    }

    private static boolean flag(JsonToken value) throws Refused {
      return switch (value) {
        case VALUE_TRUE -> true;
        case VALUE_FALSE, VALUE_NULL -> false;
        default -> throw refused("stream must be true or false", "stream");
      };
    }

    /// Reads a value to its end; the characters in it that an engine will see.
    private long skip(String field) throws IOException {
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
        } else if (depth == 1 && field.equals("stream_options") && name.equals("include_usage")) {
          includeUsage = token == JsonToken.VALUE_TRUE;
        }
      }
      return characters;
    }
  }
}
