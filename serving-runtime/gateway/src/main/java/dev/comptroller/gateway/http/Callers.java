package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Route;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a client may see and on what its requests are booked: from its credential, never from what
/// it says about itself. The one thing it may choose is one of the features that the credential
/// allows.
final class Callers {
  /// Names a feature of the credential.
  static final String FEATURE_HEADER = "x-comptroller-feature";

  private Callers() {}

  /// The feature that a request is booked on.
  ///
  /// @param chosen what [#FEATURE_HEADER] says
  static String feature(Credential credential, Optional<String> chosen)
      throws RequestFields.Refused {
    if (chosen.isEmpty()) {
      return credential.features().getFirst();
    }
    if (!credential.features().contains(chosen.get())) {
      throw new RequestFields.Refused(
          new ApiError(
              403,
              "%s is not a feature of this credential, which allows %s"
                  .formatted(FEATURE_HEADER, String.join(", ", credential.features())),
              "invalid_request_error",
              null,
              "feature_not_allowed",
              Map.of()));
    }
    return chosen.get();
  }

  /// The class that a request runs in.
  ///
  /// @param asked `service_tier` of its body; absent if it asks for none
  static TrafficClass tier(Credential credential, @Nullable String asked)
      throws RequestFields.Refused {
    TrafficClass tier =
        Optional.ofNullable(asked).flatMap(TrafficClass::of).orElse(TrafficClass.INTERACTIVE);
    if (!credential.classes().contains(tier)) {
      throw new RequestFields.Refused(
          new ApiError(
              403,
              "this credential may not send %s requests, only %s"
                  .formatted(
                      tier.word(),
                      credential.classes().stream()
                          .map(TrafficClass::word)
                          .sorted()
                          .collect(Collectors.joining(", "))),
              "invalid_request_error",
              "service_tier",
              "class_not_allowed",
              Map.of()));
    }
    return tier;
  }

  /// Who pays for a request to a route.
  static Caller of(Credential credential, String feature, Route route) {
    return new Caller(
        credential.anybody() ? route.namespace() : credential.namespace(), feature, credential);
  }

  /// Whether a client may call a route, or know of it: its own namespace's, and those of others
  /// that have granted it.
  ///
  /// @param features of the client; one that is granted is enough
  static boolean sees(Credential credential, List<String> features, Route route) {
    return credential.anybody()
        || credential.namespace().equals(route.namespace())
        || route.grants().stream()
            .filter(grant -> grant.namespace().equals(credential.namespace()))
            .anyMatch(
                grant ->
                    grant.features().isEmpty()
                        || features.stream().anyMatch(grant.features()::contains));
  }

  /// What a model's name means to a client; models that it does not see do not exist for it.
  static Resolution resolve(
      Router router, String model, Credential credential, List<String> features) {
    return router.resolve(model, route -> sees(credential, features, route));
  }
}
