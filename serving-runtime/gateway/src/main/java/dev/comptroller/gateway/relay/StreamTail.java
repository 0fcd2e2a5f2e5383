package dev.comptroller.gateway.relay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.meter.Usage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// The end of a stream: held back until the request is booked, so that it can say what it cost.
///
/// The last chunk gets one field more, `x_comptroller`: the one that says why the model stopped or,
/// where usage was asked for, the one with that. Every other byte of a stream is as the engine sent
/// it. An extra event would do as well for most clients, but some read `choices[0]` of each event.
final class StreamTail {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

  private final ByteArrayOutputStream held = new ByteArrayOutputStream();
  private int from;
  private int to;
  private boolean holding;

  /// Takes an event: gives it on, or holds it back.
  ///
  /// @param ended whether the model has stopped, in this event or before
  void take(SseScanner.Event event, boolean ended, ByteArrayOutputStream passed) {
    if (!ended && !holding) {
      passed.writeBytes(event.bytes());
      return;
    }
    holding = true;
    if (!event.data().isEmpty()) {
      from = held.size();
      to = from + event.bytes().length;
    }
    held.writeBytes(event.bytes());
  }

  /// What is held, with the receipt in its last chunk.
  byte[] with(Receipt receipt) {
    byte[] bytes = held.toByteArray();
    int brace = to - 1;
    while (brace >= from && bytes[brace] != '}') {
      brace--;
    }
    if (brace < from) {
      return bytes;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 128);
    out.write(bytes, 0, brace);
    out.writeBytes((",\"x_comptroller\":" + receipt.json(null)).getBytes(StandardCharsets.UTF_8));
    out.write(bytes, brace, bytes.length - brace);
    return out.toByteArray();
  }

  /// What is held, as it came.
  byte[] asItCame() {
    return held.toByteArray();
  }

  /// The end of a stream that money ended before the model did: the last event as it would have
  /// been had the model come to its limit.
  ///
  /// @param last data of the event that is not passed on; it lends its id and model
  static byte[] cut(String last, Call call, Usage used, Receipt receipt) {
    ObjectNode chunk = template(last, call);
    ArrayNode choices = chunk.putArray("choices");
    for (int i = 0; i < call.choices(); i++) {
      ObjectNode choice = choices.addObject().put("index", i);
      if (call.path().endsWith("/chat/completions")) {
        choice.putObject("delta");
      } else {
        choice.put("text", "");
      }
      choice.putNull("logprobs").put("finish_reason", "length");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (call.tier() != null) {
      chunk.put("service_tier", call.tier());
    }
    ObjectNode end = chunk.deepCopy();
    if (!call.includeUsage()) {
      end.set("x_comptroller", receipt.json("budget"));
    }
    out.writeBytes(event(end));
    if (call.includeUsage()) {
      chunk.putArray("choices");
      chunk
          .putObject("usage")
          .put("prompt_tokens", used.prompt())
          .put("completion_tokens", used.completion())
          .put("total_tokens", used.prompt() + used.completion());
      chunk.set("x_comptroller", receipt.json("budget"));
      out.writeBytes(event(chunk));
    }
    out.writeBytes(DONE);
    return out.toByteArray();
  }

  private static ObjectNode template(String last, Call call) {
    try {
      JsonNode sent = last.isEmpty() ? null : JSON.readTree(last);
      if (sent instanceof ObjectNode object && object.has("id")) {
        return object.retain("id", "object", "created", "model", "system_fingerprint");
      }
    } catch (JsonProcessingException _) {
      // An event that is not JSON lends nothing.
    }
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", call.headers().getOrDefault("x-request-id", "cut"))
        .put(
            "object",
            call.path().endsWith("/chat/completions") ? "chat.completion.chunk" : "text_completion")
        .put("created", 0)
        .put("model", call.route().deployment());
  }

  private static byte[] event(ObjectNode chunk) {
    return ("data: " + chunk + "\n\n").getBytes(StandardCharsets.UTF_8);
  }
}
