package dev.comptroller.gateway.cluster;

import dev.comptroller.gateway.identity.TokenReviews;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reviews tokens by the API server's TokenReview.
public final class ApiServerReviews implements TokenReviews {
  private static final Pattern ACCOUNT = Pattern.compile("system:serviceaccount:([^:]+):([^:]+)");

  private final KubernetesClient client;

  /// Reviews by one API server.
  public ApiServerReviews(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Review review(String token) {
    TokenReview asked =
        new TokenReviewBuilder()
            .withNewSpec()
            .withToken(token)
            .withAudiences(AUDIENCE)
            .endSpec()
            .build();
    try {
      return read(client.resource(asked).create().getStatus());
    } catch (KubernetesClientException e) {
      return new Review.Unreachable(
          e.getCode() == 0 ? "it cannot be reached" : "it answered " + e.getCode());
    }
  }

  private static Review read(TokenReviewStatus status) {
    if (status == null
        || !Boolean.TRUE.equals(status.getAuthenticated())
        || status.getAudiences() == null
        || !status.getAudiences().contains(AUDIENCE)
        || status.getUser() == null) {
      return new Review.Rejected();
    }
    Matcher account = ACCOUNT.matcher(String.valueOf(status.getUser().getUsername()));
    return account.matches()
        ? new Review.Account(account.group(1), account.group(2))
        : new Review.Rejected();
  }
}
