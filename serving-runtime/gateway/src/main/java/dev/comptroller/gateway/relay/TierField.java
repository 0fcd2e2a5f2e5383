package dev.comptroller.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts the tier that a request was served in into its answer: a replica cannot know it. Every
/// other byte stays as it was.
final class TierField {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();
  private static final String NAME = "service_tier";

  private TierField() {}

  /// An answer with its tier; as it was, if it is not an answer with choices.
  static byte[] in(byte[] answer, String tier) {
    byte[] value = ("\"" + tier + "\"").getBytes(StandardCharsets.UTF_8);
    int open = -1;
    int from = -1;
    int to = -1;
    boolean choices = false;
    try (JsonParser parser = JSON.createParser(answer)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return answer;
      }
      open = Math.toIntExact(parser.currentTokenLocation().getByteOffset()) + 1;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals(NAME)) {
          from = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
          parser.finishToken();
          parser.skipChildren();
          to = Math.toIntExact(parser.currentLocation().getByteOffset());
        } else {
          choices |= name.equals("choices");
          parser.skipChildren();
        }
      }
    } catch (IOException _) {
      return answer;
    }
    if (!choices) {
      return answer;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(answer.length + 32);
    if (from < 0) {
      out.write(answer, 0, open);
      out.writeBytes(("\"" + NAME + "\":").getBytes(StandardCharsets.UTF_8));
      out.writeBytes(value);
      out.write(',');
      out.write(answer, open, answer.length - open);
    } else {
      out.write(answer, 0, from);
      out.writeBytes(value);
      out.write(answer, to, answer.length - to);
    }
    return out.toByteArray();
  }

  /// The same for one event of a stream.
  static SseScanner.Event in(SseScanner.Event event, String tier) {
    byte[] bytes = event.bytes();
    int first = 0;
    while (first < bytes.length && bytes[first] != '{') {
      first++;
    }
    int last = bytes.length - 1;
    while (last > first && bytes[last] != '}') {
      last--;
    }
    if (last <= first) {
      return event;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 32);
    out.write(bytes, 0, first);
    out.writeBytes(in(Arrays.copyOfRange(bytes, first, last + 1), tier));
    out.write(bytes, last + 1, bytes.length - last - 1);
    return new SseScanner.Event(out.toByteArray(), event.data(), event.usageComments());
  }
}
