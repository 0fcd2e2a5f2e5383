package dev.comptroller.e2e.promises.conserves;

import static org.awaitility.Awaitility.await;

import dev.comptroller.e2e.controlplane.SharedControlPlane;
import dev.comptroller.e2e.models.ModelShape;
import dev.comptroller.e2e.models.SeededModel;
import dev.comptroller.e2e.models.TensorType;
import dev.comptroller.e2e.nodeagent.AgentConfig;
import dev.comptroller.e2e.nodeagent.NodeAgent;
import dev.comptroller.engine.llama.Natives;
import dev.comptroller.server.Main;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A node of four GPUs with a few runtimes in pods, whose journals outlive them.
final class MeteredNode implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final int GPUS = 4;

  private static final String NAMESPACE = "conserves";
  private static final String POOL = "conserves";

  /// A pod with one runtime.
  ///
  /// @param engine arguments that choose the engine
  record Pod(String name, int gpus, List<String> engine) {}

  private final KubernetesClient client;
  private final NodeAgent agent;
  private final Path folder;

  private MeteredNode(KubernetesClient client, NodeAgent agent, Path folder) {
    this.client = client;
    this.agent = agent;
    this.folder = folder;
  }

  /// An engine whose steps take 4 ms and more, with answers of 40 tokens.
  static List<String> simulated() {
    return List.of(
        "--engine",
        "simulated",
        "--simulated-step-nanos",
        "4000000",
        "--simulated-token-nanos",
        "50000",
        "--simulated-answer-tokens",
        "40");
  }

  /// llama.cpp with a small model that was trained on nothing.
  static List<String> realModel(Path folder) throws IOException {
    Path model = folder.resolve("tiny.gguf");
    new SeededModel(ModelShape.TINY, TensorType.F16, 5).write(model);
    return List.of("--model", model.toString(), "--threads", "1", "--context-length", "512");
  }

  static MeteredNode start(Path folder, List<Pod> pods) throws IOException {
    Path kubeconfig = SharedControlPlane.full().kubeconfig();
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build();
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    AgentConfig config =
        AgentConfig.of(
            folder.resolve("agent"),
            List.of(AgentConfig.NodeConfig.withGpus("conserves", Map.of("pool", POOL), GPUS)),
            List.of(
                AgentConfig.ImageConfig.program(
                    "comptroller/runtime",
                    runtime(folder),
                    Map.of("COMPTROLLER_NATIVES", Natives.folder(System.getenv()).toString()))));
    NodeAgent agent =
        NodeAgent.start(
            kubeconfig, config.withTiming(config.timing().withBackOffBase(Duration.ofMillis(500))));
    var node = new MeteredNode(client, agent, folder);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                client.serviceAccounts().inNamespace(NAMESPACE).withName("default").get() != null);
    for (Pod pod : pods) {
      node.create(pod);
    }
    pods.forEach(pod -> await().atMost(PATIENCE).until(() -> node.serves(pod.name())));
    return node;
  }

  /// The agent's bill.
  Path bill() {
    return agent.bill();
  }

  /// Whether a pod is ready.
  boolean serves(String pod) {
    var found = client.pods().inNamespace(NAMESPACE).withName(pod).get();
    return found != null && Readiness.getInstance().isReady(found);
  }

  /// Where a pod serves.
  String address(String pod) {
    var found = client.pods().inNamespace(NAMESPACE).withName(pod).get();
    return "http://" + found.getStatus().getPodIP() + ":8000";
  }

  /// Kills the runtime of a pod, and nothing else.
  void kill(String pod) {
    List<ProcessHandle> found =
        ProcessHandle.current()
            .descendants()
            .filter(
                process ->
                    process
                        .info()
                        .commandLine()
                        .filter(line -> line.contains(Main.class.getName()))
                        .filter(line -> line.contains(" " + pod + " "))
                        .isPresent())
            .toList();
    if (found.isEmpty()) {
      throw new IllegalStateException("No runtime process of " + pod);
    }
    found.forEach(ProcessHandle::destroyForcibly);
  }

  /// Ends all pods as told, and waits until they are billed.
  void deletePods() {
    client.pods().inNamespace(NAMESPACE).delete();
    await()
        .atMost(PATIENCE)
        .until(() -> client.pods().inNamespace(NAMESPACE).list().getItems().isEmpty());
  }

  private void create(Pod pod) throws IOException {
    Path journal = Files.createDirectories(folder.resolve(pod.name()));
    List<String> args = new ArrayList<>(List.of("--served-model-name", pod.name()));
    args.addAll(List.of("--variant", "v", "--gpus", Integer.toString(pod.gpus())));
    args.addAll(List.of("--journal", "/journal/journal.json", "--journal-millis", "500"));
    args.addAll(List.of("--max-sequences", "4", "--max-batched-tokens", "64"));
    args.addAll(pod.engine());
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(pod.name())
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .addToNodeSelector("pool", POOL)
                .withTerminationGracePeriodSeconds(20L)
                .addNewVolume()
                .withName("journal")
                .withNewHostPath()
                .withPath(journal.toString())
                .endHostPath()
                .endVolume()
                .addNewContainer()
                .withName("runtime")
                .withImage("comptroller/runtime")
                .withArgs(args)
                .addNewVolumeMount()
                .withName("journal")
                .withMountPath("/journal")
                .endVolumeMount()
                .addNewPort()
                .withName("http")
                .withContainerPort(8000)
                .endPort()
                .addNewEnv()
                .withName("POD_IP")
                .withNewValueFrom()
                .withNewFieldRef(null, "status.podIP")
                .endValueFrom()
                .endEnv()
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity(Integer.toString(pod.gpus())))
                .endResources()
                .withNewReadinessProbe()
                .withPeriodSeconds(1)
                .withNewHttpGet()
                .withPath("/health/ready")
                .withNewPort("http")
                .endHttpGet()
                .endReadinessProbe()
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  /* The class path is in a file: of a longer command line the machine shows only the beginning. */
  private static List<String> runtime(Path folder) throws IOException {
    Path options = folder.resolve("runtime.options");
    Files.writeString(options, "-cp " + System.getProperty("java.class.path") + "\n");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx192m",
        "--enable-native-access=ALL-UNNAMED",
        "@" + options,
        Main.class.getName());
  }

  @Override
  public void close() throws IOException {
    client.pods().inNamespace(NAMESPACE).delete();
    agent.close();
    client.namespaces().withName(NAMESPACE).delete();
    client.close();
  }
}
