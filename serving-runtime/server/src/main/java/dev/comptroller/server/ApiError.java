package dev.comptroller.server;

import dev.comptroller.protocol.openai.ErrorBody;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A refusal as the client sees it: a status and an error in OpenAI's shape.
///
/// @param status the HTTP status
/// @param type class of the error
/// @param param the field that is wrong
/// @param code a name for programs
/// @param message a sentence for people
/// @param retryAfterSeconds when to try again; 0 when trying again is no use
record ApiError(
    int status,
    String type,
    @Nullable String param,
    @Nullable String code,
    String message,
    int retryAfterSeconds) {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  /// A field that is wrong.
  static ApiError invalid(@Nullable String param, String message) {
    return new ApiError(400, INVALID, param, null, message, 0);
  }

  /// A field that is right in OpenAI's API and not offered here.
  static ApiError unsupported(String param, String message) {
    return new ApiError(400, INVALID, param, "unsupported_value", message, 0);
  }

  /// A request that is wrong before its fields are looked at.
  static ApiError refused(int status, String code, String message) {
    return new ApiError(status, INVALID, null, code, message, 0);
  }

  /// A model that is not served here.
  static ApiError unknownModel(String message) {
    return new ApiError(404, INVALID, "model", "model_not_found", message, 0);
  }

  /// More tokens than the context holds.
  static ApiError contextExceeded(String param, String message) {
    return new ApiError(400, INVALID, param, "context_length_exceeded", message, 0);
  }

  /// More requests than may wait.
  static ApiError busy(String message) {
    return new ApiError(429, "requests", null, "rate_limit_exceeded", message, 1);
  }

  /// A server that cannot serve now.
  static ApiError unavailable(String code, String message) {
    return new ApiError(503, SERVER, null, code, message, 1);
  }

  /// A failure of ours.
  static ApiError failed(String message) {
    return new ApiError(500, SERVER, null, "internal_error", message, 0);
  }

  /// The body of the answer.
  ErrorBody body() {
    return new ErrorBody(new ErrorBody.Problem(message, type, param, code));
  }

  /// The field that is wrong, if one is.
  Optional<String> field() {
    return Optional.ofNullable(param);
  }
}
