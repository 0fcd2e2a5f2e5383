package dev.comptroller.e2e.promises.pools;

import dev.comptroller.e2e.controlplane.Binaries;
import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Leash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The real Karpenter on its KWOK provider, and KWOK, which plays the kubelet of the nodes that
/// Karpenter launches.
final class KarpenterOnKwok implements AutoCloseable {
  /// A machine with eight GPUs that can be had on demand and as spot.
  private static final String MACHINES =
      """
      [{
        "name": "eight-gpus",
        "offerings": [
          {"Price": 19.0, "Available": true, "Requirements": [
            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]}]},
          {"Price": 7.0, "Available": true, "Requirements": [
            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]}]}
        ],
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": {
          "cpu": "192", "memory": "2048Gi", "ephemeral-storage": "1000Gi", "pods": "110",
          "nvidia.com/gpu": "8"
        }
      }]
      """;

  private final Leash leash;
  private final Leash.Child karpenter;
  private final Leash.Child kwok;

  private KarpenterOnKwok(Leash leash, Leash.Child karpenter, Leash.Child kwok) {
    this.leash = leash;
    this.karpenter = karpenter;
    this.kwok = kwok;
  }

  /// Starts both against `plane`, whose API has the definitions of [#definitions].
  static KarpenterOnKwok start(ControlPlane plane, boolean staticCapacity) throws IOException {
    Path bin = Path.of(script("build", "karpenter", "kwok"));
    Leash leash =
        Leash.inNewFolder(Path.of(System.getProperty("java.io.tmpdir")), "comptroller-karpenter-");
    Path machines = Files.writeString(leash.folder().resolve("machines.json"), MACHINES);
    List<String> stages = new ArrayList<>();
    for (Path stage : yaml(definitions().resolve("kwok"))) {
      stages.add("--config=" + stage);
    }
    List<String> kwok =
        new ArrayList<>(
            List.of(
                bin.resolve("kwok").toString(),
                "--kubeconfig=" + plane.kubeconfig("kwok", "system:masters"),
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
                "--node-lease-duration-seconds=40",
                "--node-ip=127.0.0.1",
                "--cidr=127.99.0.0/16"));
    kwok.addAll(stages);
    return new KarpenterOnKwok(
        leash,
        leash.start(
            "karpenter",
            List.of(bin.resolve("karpenter").toString()),
            Map.of(
                "KUBECONFIG", plane.kubeconfig("karpenter", "system:masters").toString(),
                "DISABLE_LEADER_ELECTION", "true",
                "SYSTEM_NAMESPACE", "kube-system",
                "METRICS_PORT", "0",
                "HEALTH_PROBE_PORT", "0",
                "BATCH_IDLE_DURATION", "300ms",
                "BATCH_MAX_DURATION", "1s",
                "FEATURE_GATES", "StaticCapacity=" + staticCapacity,
                "INSTANCE_TYPES_FILE_PATH", machines.toString())),
        leash.start("kwok", kwok, Map.of()));
  }

  /// The folder with definitions of Karpenter and of Cluster API, each in a folder of its own.
  static Path definitions() {
    return Path.of(script("crds"));
  }

  static List<Path> yaml(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static String script(String name, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Binaries.repositoryRoot().resolve("e2e/control-plane").resolve(name).toString());
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + " failed; its words are on standard error");
      }
      return out.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  /// The last lines of both, for messages about failures.
  String lastLines() {
    return "--- karpenter\n%s\n--- kwok\n%s".formatted(karpenter.lastLines(25), kwok.lastLines(10));
  }

  @Override
  public void close() {
    karpenter.stop(0);
    kwok.stop(0);
    leash.close();
  }
}
