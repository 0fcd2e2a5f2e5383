package dev.comptroller.gateway.identity;

/// Asks the API server who a service-account token belongs to.
@FunctionalInterface
public interface TokenReviews {
  /// The audience that a token must be made for.
  String AUDIENCE = "comptroller";

  /// The answer.
  sealed interface Review {
    /// The token is good.
    record Account(String namespace, String name) implements Review {}

    /// The token is not good, or not a service account's, or not for this audience.
    record Rejected() implements Review {}

    /// The API server did not answer.
    record Unreachable(String why) implements Review {}
  }

  /// Reviews one token.
  Review review(String token);
}
