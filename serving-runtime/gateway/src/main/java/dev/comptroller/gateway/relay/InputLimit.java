package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Route;
import java.util.Optional;
import java.util.OptionalLong;

/// The owner's limit on input tokens. Pure.
public final class InputLimit {
  /// Input tokens that a body cannot exceed beyond its bytes: what a chat template puts around it.
  private static final int TEMPLATE = 256;

  /// Bytes that a token hardly ever has more of.
  private static final int LONGEST_TOKEN = 8;

  private static final int USUAL_TOKEN = 4;

  private InputLimit() {}

  /// Input tokens that a body cannot exceed.
  public static long bound(byte[] body) {
    return body.length + (long) TEMPLATE;
  }

  /// Input tokens that a text has at least, as far as one can say without its tokenizer.
  ///
  /// @param guess tokens at four characters each
  public static long atLeast(long guess) {
    return guess * USUAL_TOKEN / LONGEST_TOKEN;
  }

  /// The error for an input that the engine has counted as longer than the deployment takes.
  static Optional<ApiError> exceeded(Call call) {
    OptionalLong counted = call.meter().countedPrompt();
    return counted.isPresent()
        ? exceeded(call.route(), call.path(), counted.getAsLong(), true)
        : Optional.empty();
  }

  /// The error for an input that is longer than a deployment takes; empty if it is not.
  ///
  /// @param path of the endpoint
  /// @param tokens of the input, or a number that it has at least
  /// @param exact whether that is their number
  public static Optional<ApiError> exceeded(Route route, String path, long tokens, boolean exact) {
    Long most = route.limits().maxInputTokens();
    if (most == null || tokens <= most) {
      return Optional.empty();
    }
    return Optional.of(
        ApiError.badRequest(
            "the input has %s%d tokens, deployment %s takes at most %d (limits.maxInputTokens): send less"
                .formatted(exact ? "" : "at least ", tokens, Router.fullName(route), most),
            path.endsWith("/chat/completions") ? "messages" : "prompt",
            "context_length_exceeded"));
  }
}
