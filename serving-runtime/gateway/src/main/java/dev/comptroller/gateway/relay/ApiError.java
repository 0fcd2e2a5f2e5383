package dev.comptroller.gateway.relay;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An error in OpenAI's shape.
///
/// @param param the field of the request that is wrong; absent if none is
/// @param headers to send with it
public record ApiError(
    int status,
    String message,
    String type,
    @Nullable String param,
    @Nullable String code,
    Map<String, String> headers) {
  /// How long a client should wait while a deployment has nothing ready.
  public static final String RETRY_SECONDS = "5";

  public ApiError {
    headers = Map.copyOf(headers);
  }

  /// The request is wrong.
  public static ApiError badRequest(String message, @Nullable String param, String code) {
    return new ApiError(400, message, "invalid_request_error", param, code, Map.of());
  }

  /// The client may not send work that waits.
  public static ApiError batchNotAllowed(String message, @Nullable String param) {
    return new ApiError(
        403, message, "invalid_request_error", param, "batch_not_allowed", Map.of());
  }

  /// Nothing can serve now; later something may.
  public static ApiError unavailable(String message, String code) {
    return new ApiError(
        503, message, "server_error", null, code, Map.of("retry-after", RETRY_SECONDS));
  }

  /// Something behind the gateway failed.
  public static ApiError upstream(String message) {
    return new ApiError(502, message, "server_error", null, "upstream_failed", Map.of());
  }

  /// Its headers with others, its own first.
  public Map<String, String> headersWith(Map<String, String> others) {
    Map<String, String> all = new TreeMap<>(others);
    all.putAll(headers);
    all.put("content-type", "application/json");
    return all;
  }

  /// The JSON document.
  public String json() {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("message", message).put("type", type).put("param", param).put("code", code);
    return JsonNodeFactory.instance.objectNode().set("error", error).toString();
  }

  /// The JSON document as bytes.
  public byte[] body() {
    return json().getBytes(StandardCharsets.UTF_8);
  }

  /// The error as the last event of a stream.
  public byte[] event() {
    return ("data: " + json() + "\n\n").getBytes(StandardCharsets.UTF_8);
  }
}
