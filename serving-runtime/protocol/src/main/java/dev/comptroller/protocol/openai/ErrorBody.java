package dev.comptroller.protocol.openai;

import org.jspecify.annotations.Nullable;

/// The answer to a request that was not served.
public record ErrorBody(Problem error) {
  /// What is wrong and where.
  ///
  /// @param message a sentence for people, with numbers and what to do
  /// @param type the class of error, such as `invalid_request_error`
  /// @param param the field that is wrong, such as `messages[0].content`
  /// @param code a name for programs, such as `context_length_exceeded`
  public record Problem(
      String message, String type, @Nullable String param, @Nullable String code) {}
}
