package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What a local fleet consists of.
///
/// @param models which models pods find
/// @param nodes the nodes that are registered
/// @param values values files of the chart, later ones win
/// @param set single values of the chart in Helm's own notation
/// @param images commands behind images that this repository does not build
public record FleetOptions(
    ModelCache.Kind models,
    List<NodeConfig> nodes,
    List<Path> values,
    List<String> set,
    List<ImageConfig> images) {

  public FleetOptions {
    nodes = List.copyOf(nodes);
    values = List.copyOf(values);
    set = List.copyOf(set);
    images = List.copyOf(images);
  }

  /// One node for the system's own pods and two that declare eight H100s each.
  public static FleetOptions of(ModelCache.Kind models) {
    return new FleetOptions(
        models,
        List.of(system("system-1"), h100("h100-a"), h100("h100-b")),
        List.of(),
        pace(
            "ROLLOUT_CANARY_TIME=2S",
            "ROLLOUT_STEP_TIME=1S",
            "ROLLOUT_SETTLE=1S",
            "ROLLOUT_DRAIN_LIMIT=20S",
            "LOOP_CONTROL=5S",
            "LOOP_DRAIN=30S",
            "LOOP_TEARDOWN=5S",
            "LOOP_START=20S",
            "LOOP_WARM=5S",
            "LOOP_DWELL=15S",
            "LOOP_PUBLISH=20S",
            "LOOP_SCALE=5S",
            "LOOP_SETTLE=15S"),
        List.of());
  }

  /// Values by which decisions and changes of variant take seconds, as they may where a trial that
  /// was too short harms nobody.
  private static List<String> pace(String... settings) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < settings.length; i++) {
      String[] parts = settings[i].split("=", 2);
      values.add("operator.extraEnv[%d].name=COMPTROLLER_%s".formatted(i, parts[0]));
      values.add("operator.extraEnv[%d].value=%s".formatted(i, parts[1]));
    }
    return values;
  }

  /// The same with other nodes.
  public FleetOptions withNodes(List<NodeConfig> other) {
    return new FleetOptions(models, other, values, set, images);
  }

  /// The same with values of the chart.
  public FleetOptions withSet(List<String> other) {
    return new FleetOptions(models, nodes, values, other, images);
  }

  /// The same, able to run images that this repository does not build.
  public FleetOptions withImages(List<ImageConfig> other) {
    return new FleetOptions(models, nodes, values, set, other);
  }

  /// The same with a gateway that asks for credentials.
  public FleetOptions withCredentials() {
    return withSet(Stream.concat(set.stream(), Stream.of("gateway.auth=required")).toList());
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
