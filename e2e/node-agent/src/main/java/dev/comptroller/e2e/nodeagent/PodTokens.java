package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Service-account tokens bound to one pod, asked from the API server and renewed when four fifths
/// of their life are over.
final class PodTokens {
  private static final long DEFAULT_SECONDS = 3600;

  private record Wanted(String audience, long seconds) {}

  private record Held(String token, Instant renewAt) {}

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Map<Wanted, Held> held = new HashMap<>();

  PodTokens(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  String token(Pod pod, @Nullable String audience, @Nullable Long seconds) throws SetupException {
    var wanted =
        new Wanted(audience == null ? "" : audience, seconds == null ? DEFAULT_SECONDS : seconds);
    Instant now = clock.instant();
    Held current = held.get(wanted);
    if (current == null || !now.isBefore(current.renewAt())) {
      current = request(pod, wanted, now);
      held.put(wanted, current);
    }
    return current.token();
  }

  /// When the first token has to be renewed.
  Optional<Instant> refreshDue() {
    return held.values().stream().map(Held::renewAt).min(Instant::compareTo);
  }

  private Held request(Pod pod, Wanted wanted, Instant now) throws SetupException {
    String account = pod.getSpec().getServiceAccountName();
    var spec =
        new TokenRequestBuilder()
            .withNewSpec()
            .withExpirationSeconds(wanted.seconds())
            .withNewBoundObjectRef()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(pod.getMetadata().getName())
            .withUid(pod.getMetadata().getUid())
            .endBoundObjectRef()
            .endSpec();
    if (!wanted.audience().isEmpty()) {
      spec.editSpec().addToAudiences(wanted.audience()).endSpec();
    }
    try {
      TokenRequest answer =
          client
              .serviceAccounts()
              .inNamespace(pod.getMetadata().getNamespace())
              .withName(account == null || account.isEmpty() ? "default" : account)
              .tokenRequest(spec.build());
      Instant expires = Instant.parse(answer.getStatus().getExpirationTimestamp());
      Duration life = Duration.between(now, expires);
      return new Held(answer.getStatus().getToken(), now.plus(life.multipliedBy(4).dividedBy(5)));
    } catch (KubernetesClientException e) {
      throw new SetupException("no token for service account " + account + ": " + e.getMessage());
    }
  }
}
