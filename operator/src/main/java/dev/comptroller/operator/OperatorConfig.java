package dev.comptroller.operator;

import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.reconcile.budget.LoopSettings;
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

  /// How fast the fleet follows the decisions of budgets, and how steady they are.
  Loop loop();

  /// How fast the fleet follows the decisions of budgets, and how steady they are.
  interface Loop {
    /// Longest time between two looks at a budget, until its decision is carried out.
    @WithDefault("60S")
    Duration control();

    /// Longest time that requests of a replica are given to end, its pod's grace included.
    @WithDefault("210S")
    Duration drain();

    /// Longest time from the end of the drain until a replica costs nothing.
    @WithDefault("30S")
    Duration teardown();

    /// Time until a replica of another variant runs.
    @WithDefault("120S")
    Duration start();

    /// Time until it is warm.
    @WithDefault("30S")
    Duration warm();

    /// How long a variant serves at least.
    @WithDefault("5M")
    Duration dwell();

    /// The age from which on what was seen no longer counts.
    @WithDefault("2M")
    Duration stale();

    /// All of it.
    default LoopSettings settings() {
      return new LoopSettings(
          new Leaving(control(), drain(), teardown()),
          new Transition(start(), warm(), drain()),
          dwell(),
          stale());
    }
  }

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
