package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.relay.ApiError;
import java.util.Map;

/// A request about files or batches that cannot be done, with the answer that says why.
public final class QueueRefused extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient ApiError error;

  /// Refuses with an error.
  public QueueRefused(ApiError error) {
    super(error.message());
    this.error = error;
  }

  /// What the client is told.
  public ApiError error() {
    return error;
  }

  static QueueRefused bad(String message, String param) {
    return bad(message, param, "invalid_request");
  }

  static QueueRefused bad(String message, String param, String code) {
    return new QueueRefused(ApiError.badRequest(message, param, code));
  }

  static QueueRefused tooLarge(String message) {
    return new QueueRefused(
        new ApiError(413, message, "invalid_request_error", "file", "request_too_large", Map.of()));
  }

  static QueueRefused notFound(String what, String id) {
    String shown = id.length() > 64 ? id.substring(0, 64) + "..." : id;
    return new QueueRefused(
        new ApiError(
            404,
            "no such %s: %s".formatted(what, shown),
            "invalid_request_error",
            "id",
            "not_found",
            Map.of()));
  }
}
