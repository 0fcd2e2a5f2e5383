package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.SharedControlPlane;
import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/// A namespace of its own on the shared control plane, and what tests do in it.
final class Cluster implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ControlPlane plane = SharedControlPlane.full();
  private final KubernetesClient client =
      new KubernetesClientBuilder()
          .withConfig(Config.fromKubeconfig(plane.kubeconfig().toFile()))
          .build();
  private final HttpClient http = HttpClient.newHttpClient();
  private final String namespace = "t-" + UUID.randomUUID().toString().substring(0, 8);

  Cluster() {
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                client.serviceAccounts().inNamespace(namespace).withName("default").get() != null);
  }

  KubernetesClient client() {
    return client;
  }

  Path kubeconfig() {
    return plane.kubeconfig();
  }

  String namespace() {
    return namespace;
  }

  /// Images that the tests use: a web server in Java, and this machine's shell.
  static List<ImageConfig> images() {
    return List.of(
        ImageConfig.program(
            "example.org/web",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                WebProgram.class.getName()),
            Map.of("FROM_IMAGE", "yes")),
        ImageConfig.shell("shell"));
  }

  static AgentConfig config(Path folder, NodeConfig... nodes) {
    AgentConfig plain = AgentConfig.of(folder, List.of(nodes), images());
    return plain.withTiming(plain.timing().withBackOffBase(Duration.ofSeconds(1)));
  }

  /// A pod that serves on port 8000 and is ready when `/` answers, on nodes of this test only.
  PodBuilder web(String name, String pool) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels("app", name)
        .endMetadata()
        .withNewSpec()
        .addToNodeSelector("pool", pool)
        .withTerminationGracePeriodSeconds(5L)
        .withContainers(webContainer().build())
        .endSpec();
  }

  static ContainerBuilder webContainer() {
    return new ContainerBuilder()
        .withName("web")
        .withImage("registry.test:5000/example.org/web:1.2")
        .withArgs("8000")
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
        .withNewReadinessProbe()
        .withNewHttpGet()
        .withPath("/")
        .withNewPort("http")
        .endHttpGet()
        .endReadinessProbe();
  }

  /// A pod whose one container runs a shell script.
  PodBuilder shell(String name, String pool, String script) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .endMetadata()
        .withNewSpec()
        .addToNodeSelector("pool", pool)
        .withTerminationGracePeriodSeconds(5L)
        .addNewContainer()
        .withName("main")
        .withImage("shell")
        .withCommand("/bin/sh", "-c", script)
        .endContainer()
        .endSpec();
  }

  Pod create(PodBuilder pod) {
    return client.resource(pod.build()).create();
  }

  Optional<Pod> pod(String name) {
    return Optional.ofNullable(client.pods().inNamespace(namespace).withName(name).get());
  }

  Pod awaitPod(String name, String what, Predicate<Pod> condition) {
    try {
      return Awaitility.await(what)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> pod(name), pod -> pod.filter(condition).isPresent())
          .orElseThrow();
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      throw new AssertionError(what + ": " + pod(name).map(this::describe).orElse("no pod"), e);
    }
  }

  /// A pod for a message of which a log may keep the beginning only: what its containers do, then
  /// the rest of its status, then what it is.
  private String describe(Pod pod) {
    var yaml = client.getKubernetesSerialization();
    String containers = yaml.asYaml(pod.getStatus().getContainerStatuses());
    Pod rest =
        pod.edit()
            .editMetadata()
            .withManagedFields()
            .endMetadata()
            .editStatus()
            .withContainerStatuses()
            .endStatus()
            .build();
    return containers
        + yaml.asYaml(rest.getStatus())
        + yaml.asYaml(rest.getMetadata())
        + yaml.asYaml(rest.getSpec());
  }

  Pod awaitReady(String name) {
    return awaitPod(name, name + " ready", Cluster::isReady);
  }

  /// Waits until its container runs for the second time.
  Pod awaitRestarted(String name) {
    return awaitPod(
        name,
        "running again under the next agent",
        p -> container(p).getRestartCount() == 1 && container(p).getState().getRunning() != null);
  }

  void awaitGone(String name) {
    Awaitility.await(name + " gone").atMost(PATIENCE).until(() -> pod(name).isEmpty());
  }

  static boolean isReady(Pod pod) {
    return condition(pod, "Ready").filter(c -> c.getStatus().equals("True")).isPresent();
  }

  static Optional<PodCondition> condition(Pod pod, String type) {
    return pod.getStatus().getConditions().stream()
        .filter(c -> c.getType().equals(type))
        .findFirst();
  }

  /// The status of its first container; an empty one while there is none.
  static ContainerStatus container(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .findFirst()
        .orElseGet(
            () ->
                new ContainerStatusBuilder().withRestartCount(0).withNewState().endState().build());
  }

  static boolean isPhase(Pod pod, String phase) {
    return phase.equals(pod.getStatus().getPhase());
  }

  static long pid(Pod pod) {
    return Long.parseLong(container(pod).getContainerID().substring("process://".length()));
  }

  /// What a pod of the web image answers.
  String get(Pod pod, String path) throws IOException, InterruptedException {
    URI target = URI.create("http://" + pod.getStatus().getPodIP() + ":8000" + path);
    return http.send(
            HttpRequest.newBuilder(target).timeout(Duration.ofSeconds(5)).build(),
            BodyHandlers.ofString())
        .body();
  }

  /// Runs kubectl in the namespace and gives its output, error output included.
  String kubectl(String... arguments) throws IOException, InterruptedException {
    var words = new java.util.ArrayList<String>();
    words.add(plane.kubectl().toString());
    words.addAll(List.of("--kubeconfig", plane.kubeconfig().toString(), "-n", namespace));
    words.addAll(List.of(arguments));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @Override
  public void close() {
    client.namespaces().withName(namespace).delete();
    client.close();
  }
}
