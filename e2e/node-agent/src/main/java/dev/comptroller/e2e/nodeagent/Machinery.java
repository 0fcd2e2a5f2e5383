package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.Timing;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/// What all pods of an agent share.
record Machinery(
    Path folder,
    KubernetesClient client,
    KubeAccess access,
    Images images,
    Sources sources,
    VolumePaths volumePaths,
    PodAddresses addresses,
    ProcessGroups groups,
    Actor actor,
    Bill bill,
    Map<String, String> inherited,
    Timing timing,
    InstantSource clock) {
  /// The address of every node.
  static final String HOST_IP = "127.0.0.1";

  Path podFolder(String uid) {
    return folder.resolve("pods").resolve(uid);
  }

  Path logFolder(String uid) {
    return folder.resolve("logs").resolve(uid);
  }

  /// Now, in whole seconds, as the API has instants.
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }
}
