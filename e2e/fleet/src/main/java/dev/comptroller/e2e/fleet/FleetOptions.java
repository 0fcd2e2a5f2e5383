package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a local fleet consists of.
///
/// @param models which models pods find
/// @param nodes the nodes that are registered
/// @param values values files of the chart, later ones win
/// @param set single values of the chart in Helm's own notation
public record FleetOptions(
    ModelCache.Kind models, List<NodeConfig> nodes, List<Path> values, List<String> set) {

  public FleetOptions {
    nodes = List.copyOf(nodes);
    values = List.copyOf(values);
    set = List.copyOf(set);
  }

  /// One node for the system's own pods and two that declare eight H100s each.
  public static FleetOptions of(ModelCache.Kind models) {
    return new FleetOptions(
        models,
        List.of(system("system-1"), h100("h100-a"), h100("h100-b")),
        List.of(),
        pace("CANARY_TIME=2S", "STEP_TIME=1S", "SETTLE=1S"));
  }

  /// Values by which changes of variant take seconds, as they may where nobody is harmed by a trial
  /// that was too short.
  private static List<String> pace(String... settings) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < settings.length; i++) {
      String[] parts = settings[i].split("=", 2);
      values.add("operator.extraEnv[%d].name=COMPTROLLER_ROLLOUT_%s".formatted(i, parts[0]));
      values.add("operator.extraEnv[%d].value=%s".formatted(i, parts[1]));
    }
    return values;
  }

  /// The same with other nodes.
  public FleetOptions withNodes(List<NodeConfig> other) {
    return new FleetOptions(models, other, values, set);
  }

  /// The same with values of the chart.
  public FleetOptions withSet(List<String> other) {
    return new FleetOptions(models, nodes, values, other);
  }

  /// A node without GPUs.
  public static NodeConfig system(String name) {
    return new NodeConfig(name, Map.of(), Map.of("cpu", "64", "memory", "256Gi", "pods", "250"));
  }

  /// A node of the pool `h100` that declares eight H100s.
  public static NodeConfig h100(String name) {
    return NodeConfig.withGpus(
        name,
        Map.of(
            "comptroller.dev/pool", "h100",
            "comptroller.dev/capacity-type", "on-demand",
            "nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
        8);
  }
}
