package dev.comptroller.operator;

import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.scale.ScalePolicy;
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

  /// File with the service-account token that gateways ask for where they list requests. Absent:
  /// none is shown, which gateways with `--auth none` take.
  Optional<String> gatewayTokenFile();

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

    /// The longest that a figure that moved stays unpublished.
    @WithDefault("60S")
    Duration publish();

    /// How long fewer replicas must have been enough before one leaves; at least as long as a new
    /// one takes to start.
    @WithDefault("1M")
    Duration settle();

    /// Time between two looks at what a deployment is asked for.
    @WithDefault("15S")
    Duration scale();

    /// Time between two looks at gateways while requests may wait for a first replica.
    @WithDefault("1S")
    Duration wake();

    /// All of it.
    default LoopSettings settings() {
      return new LoopSettings(
          new Leaving(control(), drain(), teardown()),
          new Transition(start(), warm(), drain()),
          dwell(),
          stale(),
          publish(),
          wake(),
          new ScalePolicy.Pace(settle(), start().plus(warm()), scale(), dwell()));
    }
  }

  /// Images of what the operator starts.
  interface Images {
    /// Image of the runtime, in every serving pod.
    @WithDefault("comptroller/runtime:latest")
    String runtime();

    /// Image of vLLM's OpenAI server, in the pods of variants with that engine.
    @WithDefault("vllm/vllm-openai:v0.20.2")
    String vllm();
  }

  /// Scraping of replicas.
  interface Scrape {
    /// Time between two scrapes of a replica.
    @WithDefault("15S")
    Duration interval();
  }

  /// Changes of variant.
  Rollout rollout();

  /// How a change of variant goes.
  interface Rollout {
    /// Whether weights are read on a node of the pool before replicas start.
    @WithDefault("true")
    boolean prestage();

    /// How long a variant serves at least before the next change begins.
    @WithDefault("0S")
    Duration dwell();

    /// Percent of new requests that try the new variant first; 0 skips the trial. One that served
    /// well when it was last left, and is made of the same, goes without.
    @WithDefault("5")
    int canaryPercent();

    /// How long the trial takes.
    @WithDefault("10S")
    Duration canaryTime();

    /// Time between two steps of the shift to 25, 50, 75 and 100 percent.
    @WithDefault("5S")
    Duration stepTime();

    /// How long a change of weights may take to reach every gateway.
    @WithDefault("2S")
    Duration settle();

    /// How long requests in flight may take until their replica is asked to leave, which gives it
    /// its termination grace on top. Less than that grace of 120 seconds.
    @WithDefault("90S")
    Duration drainLimit();

    /// How long a new replica may find no node.
    @WithDefault("30S")
    Duration placeLimit();

    /// How long reading weights, starting and first requests may take, each.
    @WithDefault("30M")
    Duration startLimit();

    /// Wait after the first failure; doubled by each that follows, up to 20 times as long.
    @WithDefault("30S")
    Duration backOff();
  }
}
