package dev.comptroller.gateway.identity;

import java.util.List;
import java.util.Set;

/// What a client has proved to be, and what it may ask for. Holds no secret.
///
/// @param id names the proof in logs, such as `key 0a1b2c3d` or `service account shop/search`
/// @param namespace that pays; [#ANY_NAMESPACE] while clients are not identified
/// @param features that it may name; the first one is meant when it names none
/// @param classes of traffic that it may send
public record Credential(
    String id, String namespace, List<String> features, Set<TrafficClass> classes) {
  /// Stands for the namespace of whatever route is called.
  public static final String ANY_NAMESPACE = "*";

  /// The feature of whoever names none.
  public static final String DEFAULT_FEATURE = "default";

  /// Everybody who reaches a gateway that identifies nobody.
  public static final Credential ANYBODY =
      new Credential(
          "anybody",
          ANY_NAMESPACE,
          List.of(DEFAULT_FEATURE),
          Set.of(TrafficClass.INTERACTIVE, TrafficClass.FLEX, TrafficClass.BATCH));

  public Credential {
    features = List.copyOf(features);
    classes = Set.copyOf(classes);
    if (features.isEmpty()) {
      throw new IllegalArgumentException("a credential allows at least one feature");
    }
  }

  /// Whether it stands for whoever comes.
  public boolean anybody() {
    return namespace.equals(ANY_NAMESPACE);
  }
}
