package dev.comptroller.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/// What the operator is told by its environment: `COMPTROLLER_NAMESPACE` and so on.
@ConfigMapping(prefix = "comptroller")
public interface OperatorConfig {
  /// Namespace of the installation: spend records, the routing table and the lease. Absent: the
  /// namespace of the pod, or of the kubeconfig's context.
  Optional<String> namespace();

  /// Name of this process, in events and the lease. Absent: the host name.
  Optional<String> instance();

  /// Images of what the operator starts.
  Images images();

  /// Scraping of replicas.
  Scrape scrape();

  /// Images of what the operator starts.
  interface Images {
    /// Image of serving pods.
    @WithDefault("comptroller/runtime:latest")
    String runtime();
  }

  /// Scraping of replicas.
  interface Scrape {
    /// Time between two scrapes of a replica.
    @WithDefault("15S")
    Duration interval();
  }
}
