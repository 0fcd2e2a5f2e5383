package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import dev.comptroller.e2e.nodeagent.PodAddresses.Network;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class NodeAgentTest {
  private final String pool = "pool-" + UUID.randomUUID().toString().substring(0, 8);
  private final String nodeName = "node-" + pool;
  private final Cluster cluster = new Cluster();
  private NodeAgent agent;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    agent =
        NodeAgent.start(
            cluster.kubeconfig(),
            Cluster.config(folder, NodeConfig.withGpus(nodeName, Map.of("pool", pool), 8)));
  }

  @AfterEach
  void stop() throws Exception {
    agent.close();
    cluster.close();
  }

  @Test
  void shouldMakeADeploymentReadyThroughItsProbe() throws Exception {
    Instant begun = Instant.now();
    Pod template = cluster.web("web", pool).build();
    cluster
        .client()
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withName("web")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .withNewSpec()
                .withReplicas(2)
                .withNewSelector()
                .addToMatchLabels("app", "web")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "web")
                .endMetadata()
                .withSpec(template.getSpec())
                .endTemplate()
                .endSpec()
                .build())
        .create();
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .until(
            () ->
                Integer.valueOf(2)
                    .equals(
                        cluster
                            .client()
                            .apps()
                            .deployments()
                            .inNamespace(cluster.namespace())
                            .withName("web")
                            .get()
                            .getStatus()
                            .getReadyReplicas()));
    System.out.printf("two replicas ready after %s%n", Duration.between(begun, Instant.now()));
    List<Pod> pods =
        cluster
            .client()
            .pods()
            .inNamespace(cluster.namespace())
            .withLabel("app", "web")
            .list()
            .getItems();
    assertThat(pods).extracting(p -> p.getStatus().getPodIP()).doesNotHaveDuplicates();
    for (Pod pod : pods) {
      assertThat(cluster.get(pod, "/")).isEqualTo("pid " + Cluster.pid(pod));
      assertThat(pod.getStatus().getPodIP()).startsWith("127.");
      assertThat(pod.getStatus().getHostIP()).isEqualTo("127.0.0.1");
    }
  }

  private Pod gpuPod(String name) {
    return cluster.create(
        cluster
            .shell(name, pool, "exec sleep 1000")
            .editSpec()
            .editFirstContainer()
            .withNewResources()
            .addToLimits("nvidia.com/gpu", new Quantity("4"))
            .endResources()
            .endContainer()
            .endSpec());
  }

  @Test
  void shouldFitTwoFourGpuPodsOnEightGpusAndLeaveTheThirdPending() throws Exception {
    for (String name : List.of("one", "two", "three")) {
      gpuPod(name);
    }
    Pod third =
        Awaitility.await()
            .atMost(Cluster.PATIENCE)
            .until(
                () -> cluster.client().pods().inNamespace(cluster.namespace()).list().getItems(),
                pods ->
                    pods.stream().filter(p -> Cluster.isPhase(p, "Running")).count() == 2
                        && pods.stream()
                            .anyMatch(
                                p ->
                                    Cluster.condition(p, "PodScheduled")
                                        .filter(c -> "Unschedulable".equals(c.getReason()))
                                        .isPresent()))
            .stream()
            .filter(p -> Cluster.isPhase(p, "Pending"))
            .findFirst()
            .orElseThrow();
    assertThat(Cluster.condition(third, "PodScheduled").orElseThrow().getMessage())
        .contains("Insufficient nvidia.com/gpu");
    assertThat(agent.runningPods())
        .hasSize(2)
        .allSatisfy(
            pod -> {
              assertThat(pod.gpus()).isEqualTo(4);
              assertThat(pod.node()).isEqualTo(nodeName);
              assertThat(pod.scheduledAt()).isBeforeOrEqualTo(Instant.now());
            });
  }

  @Test
  void shouldRestartAKilledProcessAndServeAgain() throws Exception {
    cluster.create(cluster.web("web", pool));
    Pod before = cluster.awaitReady("web");
    Instant killed = Instant.now();
    assertThat(ProcessHandle.of(Cluster.pid(before)).orElseThrow().destroyForcibly()).isTrue();
    Pod after =
        cluster.awaitPod(
            "web",
            "restarted and ready",
            pod -> Cluster.isReady(pod) && Cluster.container(pod).getRestartCount() == 1);
    System.out.printf("killed, serves again after %s%n", Duration.between(killed, Instant.now()));
    assertThat(cluster.get(after, "/")).isEqualTo("pid " + Cluster.pid(after));
    assertThat(Cluster.pid(after)).isNotEqualTo(Cluster.pid(before));
    ContainerStatus container = Cluster.container(after);
    assertThat(container.getLastState().getTerminated().getExitCode()).isEqualTo(137);
    assertThat(container.getLastState().getTerminated().getReason()).isEqualTo("Error");
    assertThat(after.getStatus().getPodIP()).isEqualTo(before.getStatus().getPodIP());
  }

  @Test
  void shouldBackOffAContainerThatKeepsFailing() throws Exception {
    cluster.create(cluster.shell("crash", pool, "echo boom; exit 3"));
    Pod pod =
        cluster.awaitPod(
            "crash",
            "CrashLoopBackOff after the third run",
            p ->
                Cluster.container(p).getState().getWaiting() != null
                    && Cluster.container(p).getRestartCount() >= 3);
    ContainerStatus container = Cluster.container(pod);
    assertThat(container.getState().getWaiting().getReason()).isEqualTo("CrashLoopBackOff");
    assertThat(container.getState().getWaiting().getMessage()).startsWith("back-off ");
    assertThat(container.getLastState().getTerminated().getExitCode()).isEqualTo(3);
    assertThat(cluster.kubectl("logs", "--previous", "crash")).isEqualTo("boom\n");
  }

  @Test
  void shouldLetKubectlReadAndFollowLogs() throws Exception {
    cluster.create(
        cluster.shell("talk", pool, "for i in 1 2 3; do echo line $i; done; exec sleep 1000"));
    cluster.awaitPod("talk", "running", p -> Cluster.isPhase(p, "Running"));
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .until(() -> cluster.kubectl("logs", "talk").contains("line 3"));
    assertThat(cluster.kubectl("logs", "talk", "--tail=1", "-c", "main")).contains("line 3");
    assertThat(cluster.kubectl("logs", "talk", "--timestamps", "--tail=1"))
        .matches("(?s)\\d{4}-\\d\\d-\\d\\dT.*Z .*\n");
    assertThat(cluster.kubectl("logs", "talk", "-c", "other")).contains("other");
  }

  @Test
  void shouldFollowALogUntilTheContainerEnds() throws Exception {
    cluster.create(
        cluster
            .shell("count", pool, "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done")
            .editSpec()
            .withRestartPolicy("Never")
            .endSpec());
    cluster.awaitPod(
        "count", "running", p -> p.getStatus().getPhase().matches("Running|Succeeded"));
    assertThat(cluster.kubectl("logs", "-f", "count"))
        .isEqualTo("line 1\nline 2\nline 3\nline 4\nline 5\n");
    Pod done = cluster.awaitPod("count", "succeeded", p -> Cluster.isPhase(p, "Succeeded"));
    assertThat(Cluster.container(done).getState().getTerminated().getReason())
        .isEqualTo("Completed");
    assertThat(Cluster.condition(done, "Ready").orElseThrow().getReason())
        .isEqualTo("PodCompleted");
    assertThat(agent.runningPods()).isEmpty();
    assertThat(bill("count")).hasSize(1);
  }

  private List<String> bill(String name) throws Exception {
    return Files.readAllLines(agent.bill()).stream()
        .filter(line -> line.contains("\"name\":\"" + name + "\""))
        .toList();
  }

  @Test
  void shouldShowTheEndBeforeAFinalizerLetsThePodGo() throws Exception {
    cluster.create(
        cluster
            .web("held", pool)
            .editMetadata()
            .addToFinalizers("example.org/held")
            .endMetadata()
            .editSpec()
            .editFirstContainer()
            .withNewResources()
            .addToLimits("nvidia.com/gpu", new Quantity("2"))
            .endResources()
            .endContainer()
            .endSpec());
    Pod running = cluster.awaitReady("held");
    long pid = Cluster.pid(running);
    cluster.client().pods().inNamespace(cluster.namespace()).withName("held").delete();
    Pod ended =
        cluster.awaitPod(
            "held", "terminated", p -> Cluster.container(p).getState().getTerminated() != null);
    var terminated = Cluster.container(ended).getState().getTerminated();
    assertThat(terminated.getExitCode()).isEqualTo(143);
    assertThat(terminated.getFinishedAt()).matches(".*:\\d\\dZ");
    assertThat(ended.getStatus().getPhase()).isEqualTo("Failed");
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    cluster.awaitPod(
        "held",
        "grace 0",
        p -> Long.valueOf(0).equals(p.getMetadata().getDeletionGracePeriodSeconds()));
    assertThat(bill("held"))
        .singleElement()
        .asString()
        .contains("\"gpus\":2")
        .contains("\"finishedAt\":\"" + terminated.getFinishedAt() + "\"")
        .contains(
            "\"scheduledAt\":\""
                + Cluster.condition(ended, "PodScheduled").orElseThrow().getLastTransitionTime()
                + "\"");
    cluster
        .client()
        .pods()
        .inNamespace(cluster.namespace())
        .withName("held")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
    cluster.awaitGone("held");
    assertThat(bill("held")).hasSize(1);
  }

  @Test
  void shouldRunHooksThenTermThenKillWithinTheGrace(@TempDir Path notes) throws Exception {
    Path note = notes.resolve("note");
    cluster.create(
        cluster
            .shell(
                "stubborn",
                pool,
                "trap 'echo term >>"
                    + note
                    + "' TERM; echo >"
                    + note
                    + ".up; while :; do sleep 0.1; done")
            .editSpec()
            .withTerminationGracePeriodSeconds(2L)
            .editFirstContainer()
            .withNewLifecycle()
            .withNewPreStop()
            .withNewExec()
            .withCommand("/bin/sh", "-c", "echo hook >>" + note)
            .endExec()
            .endPreStop()
            .endLifecycle()
            .endContainer()
            .endSpec());
    cluster.awaitPod("stubborn", "running", p -> Cluster.isPhase(p, "Running"));
    Awaitility.await().atMost(Cluster.PATIENCE).until(() -> Files.exists(notes.resolve("note.up")));
    Instant deleted = Instant.now();
    cluster.client().pods().inNamespace(cluster.namespace()).withName("stubborn").delete();
    cluster.awaitGone("stubborn");
    assertThat(Files.readAllLines(note)).containsExactly("hook", "term");
    assertThat(Duration.between(deleted, Instant.now()))
        .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(10));
    assertThat(bill("stubborn")).hasSize(1);
  }

  @Test
  void shouldGiveTheContainersOfEachPodALoopbackOfTheirOwn() throws Exception {
    for (String name : List.of("left", "right")) {
      cluster.create(
          cluster
              .web(name, pool)
              .editSpec()
              .editFirstContainer()
              .withArgs("8000", "http://127.0.0.1:8001", "$(NODE)")
              .addNewEnv()
              .withName("NODE")
              .withNewValueFrom()
              .withNewFieldRef(null, "status.hostIP")
              .endValueFrom()
              .endEnv()
              .addNewEnv()
              .withName("UPSTREAM")
              .withValue("127.0.0.1:8001")
              .endEnv()
              .endContainer()
              .addToContainers(behind())
              .endSpec());
    }
    for (String name : List.of("left", "right")) {
      Pod pod = cluster.awaitReady(name);
      String upstream = cluster.get(pod, "/arg/1");
      assertThat(upstream).isEqualTo("http://" + pod.getStatus().getPodIP() + ":8001");
      assertThat(cluster.get(pod, "/env/UPSTREAM")).isEqualTo(pod.getStatus().getPodIP() + ":8001");
      assertThat(cluster.get(pod, "/arg/2")).as("the node's address").isEqualTo("127.0.0.1");
      try (InputStream answer = URI.create(upstream + "/name").toURL().openStream()) {
        assertThat(new String(answer.readAllBytes(), StandardCharsets.UTF_8))
            .as("its own neighbour answers")
            .isEqualTo(name + "\n");
      }
    }
  }

  /// A container that tells its pod's name, at the pod's loopback address alone.
  private static Container behind() {
    return new ContainerBuilder()
        .withName("behind")
        .withImage("shell")
        .withCommand("/bin/sh", "-c")
        .withArgs("echo $HOSTNAME >name; exec python3 -m http.server 8001 --bind 127.0.0.1")
        .withNewStartupProbe()
        .withNewExec()
        .withCommand(
            "python3",
            "-c",
            "import urllib.request as r; r.urlopen('http://127.0.0.1:8001/name', timeout=4)")
        .endExec()
        .withPeriodSeconds(1)
        .withTimeoutSeconds(5)
        .withFailureThreshold(60)
        .endStartupProbe()
        .build();
  }

  @Test
  void shouldKeepAContainerUntilWhatItsHookWaitsForHasEnded(@TempDir Path notes) throws Exception {
    Path note = notes.resolve("note");
    cluster.create(
        cluster
            .shell(
                "pair",
                pool,
                """
                python3 -m http.server 8000 --bind "$POD_IP" & server=$!
                trap 'sleep 1; echo front >>%1$s; kill $server; exit 0' TERM
                while :; do sleep 0.1; done
                """
                    .formatted(note))
            .editSpec()
            .withTerminationGracePeriodSeconds(60L)
            .editFirstContainer()
            .addNewEnv()
            .withName("POD_IP")
            .withNewValueFrom()
            .withNewFieldRef(null, "status.podIP")
            .endValueFrom()
            .endEnv()
            .withNewReadinessProbe()
            .withNewTcpSocket()
            .withNewPort(8000)
            .endTcpSocket()
            .endReadinessProbe()
            .endContainer()
            .addNewContainer()
            .withName("behind")
            .withImage("shell")
            .withCommand("/bin/sh", "-c")
            .withArgs("trap 'echo behind >>" + note + "; exit 0' TERM; while :; do sleep 0.1; done")
            .addNewEnv()
            .withName("POD_IP")
            .withNewValueFrom()
            .withNewFieldRef(null, "status.podIP")
            .endValueFrom()
            .endEnv()
            .withNewLifecycle()
            .withNewPreStop()
            .withNewExec()
            .withCommand(
                "python3",
                "-c",
                """
                import os, socket, time
                while True:
                    try:
                        socket.create_connection((os.environ['POD_IP'], 8000), 2).close()
                    except OSError:
                        break
                    time.sleep(0.1)
                """)
            .endExec()
            .endPreStop()
            .endLifecycle()
            .endContainer()
            .endSpec());
    cluster.awaitReady("pair");
    cluster.client().pods().inNamespace(cluster.namespace()).withName("pair").delete();
    cluster.awaitGone("pair");
    assertThat(Files.readAllLines(note)).containsExactly("front", "behind");
  }

  @Test
  void shouldCutAHookShortWhereAProbeHasAGraceOfItsOwn(@TempDir Path notes) throws Exception {
    Path sick = notes.resolve("sick");
    Path hook = notes.resolve("hook");
    cluster.create(
        cluster
            .shell("hung", pool, "trap 'exit 7' TERM; while :; do sleep 0.1; done")
            .editSpec()
            .withTerminationGracePeriodSeconds(600L)
            .editFirstContainer()
            .withNewLivenessProbe()
            .withNewExec()
            .withCommand("test", "!", "-e", sick.toString())
            .endExec()
            .withPeriodSeconds(1)
            .withFailureThreshold(1)
            .withTerminationGracePeriodSeconds(1L)
            .endLivenessProbe()
            .withNewLifecycle()
            .withNewPreStop()
            .withNewExec()
            .withCommand("/bin/sh", "-c", "touch " + hook + "; exec sleep 500")
            .endExec()
            .endPreStop()
            .endLifecycle()
            .endContainer()
            .endSpec());
    cluster.awaitPod("hung", "running", p -> Cluster.isPhase(p, "Running"));
    Files.createFile(sick);
    Pod after =
        cluster.awaitPod("hung", "restarted", p -> Cluster.container(p).getRestartCount() > 0);
    assertThat(hook).exists();
    assertThat(Cluster.container(after).getLastState().getTerminated().getExitCode())
        .as("it was told to end, after its hook was given up")
        .isEqualTo(7);
    cluster
        .client()
        .pods()
        .inNamespace(cluster.namespace())
        .withName("hung")
        .withGracePeriod(0)
        .delete();
  }

  @Test
  void shouldKillAForceDeletedPodAndBillIt() throws Exception {
    cluster.create(cluster.shell("forced", pool, "trap '' TERM; while :; do sleep 0.1; done"));
    Pod pod = cluster.awaitPod("forced", "running", p -> Cluster.isPhase(p, "Running"));
    long pid = Cluster.pid(pod);
    cluster
        .client()
        .pods()
        .inNamespace(cluster.namespace())
        .withName("forced")
        .withGracePeriod(0)
        .delete();
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    Awaitility.await().atMost(Cluster.PATIENCE).until(() -> bill("forced").size() == 1);
  }

  @Test
  void shouldRestartAContainerThatFailsItsLivenessProbe() throws Exception {
    cluster.create(
        cluster
            .web("sick", pool)
            .editSpec()
            .editFirstContainer()
            .withNewLivenessProbe()
            .withNewHttpGet()
            .withPath("/health")
            .withNewPort(8000)
            .endHttpGet()
            .withPeriodSeconds(1)
            .withFailureThreshold(2)
            .endLivenessProbe()
            .endContainer()
            .endSpec());
    Pod pod = cluster.awaitReady("sick");
    assertThat(cluster.get(pod, "/sick")).isEqualTo("sick");
    Pod after =
        cluster.awaitPod(
            "sick",
            "restarted and ready",
            p -> Cluster.isReady(p) && Cluster.container(p).getRestartCount() == 1);
    assertThat(Cluster.container(after).getLastState().getTerminated().getExitCode())
        .isEqualTo(143);
  }

  @Test
  void shouldSayWhichImageHasNoCommand() throws Exception {
    cluster.create(
        cluster
            .web("unknown", pool)
            .editSpec()
            .editFirstContainer()
            .withImage("nobody/knows:1")
            .endContainer()
            .endSpec());
    Pod pod =
        cluster.awaitPod(
            "unknown",
            "ImagePullBackOff",
            p ->
                !p.getStatus().getContainerStatuses().isEmpty()
                    && Cluster.container(p).getState().getWaiting() != null
                    && "ImagePullBackOff"
                        .equals(Cluster.container(p).getState().getWaiting().getReason()));
    assertThat(Cluster.container(pod).getState().getWaiting().getMessage())
        .contains("no local command for image \"nobody/knows:1\"")
        .contains("example.org/web");
    assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
    cluster.client().pods().inNamespace(cluster.namespace()).withName("unknown").delete();
    cluster.awaitGone("unknown");
    assertThat(bill("unknown")).hasSize(1);
  }

  @Test
  void shouldKeepTheNodeReadyByItsLeaseAlone() throws Exception {
    Node node =
        Awaitility.await()
            .atMost(Cluster.PATIENCE)
            .until(
                () -> cluster.client().nodes().withName(nodeName).get(),
                n -> n.getSpec().getTaints() == null || n.getSpec().getTaints().isEmpty());
    assertThat(node.getStatus().getAllocatable().get("nvidia.com/gpu"))
        .isEqualTo(new Quantity("8"));
    assertThat(node.getMetadata().getLabels())
        .containsEntry("kubernetes.io/hostname", nodeName)
        .containsEntry("pool", pool);
    var leases = cluster.client().leases().inNamespace("kube-node-lease").withName(nodeName);
    var first = leases.get().getSpec().getRenewTime();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> leases.get().getSpec().getRenewTime().isAfter(first));
    assertThat(agentsWrites(cluster.client().nodes().withName(nodeName).get()))
        .isNotEmpty()
        .isEqualTo(agentsWrites(node));
  }

  /// What the agent wrote to a node and when. The control plane's controllers write to it too,
  /// whenever they come to it.
  private static List<ManagedFieldsEntry> agentsWrites(Node node) {
    return node.getMetadata().getManagedFields().stream()
        .filter(entry -> !"kube-controller-manager".equals(entry.getManager()))
        .toList();
  }

  @Test
  void shouldGrowAndShrinkByNodesWhileItRuns() throws Exception {
    String second = nodeName + "-b";
    agent.addNode(NodeConfig.withGpus(second, Map.of("pool", pool + "-b"), 1));
    cluster.create(cluster.shell("guest", pool + "-b", "exec sleep 1000"));
    Pod pod = cluster.awaitPod("guest", "running", p -> Cluster.isPhase(p, "Running"));
    assertThat(pod.getSpec().getNodeName()).isEqualTo(second);
    agent.removeNode(second);
    assertThat(cluster.client().nodes().withName(second).get()).isNull();
    Pod ended = cluster.pod("guest").orElseThrow();
    assertThat(ended.getStatus().getPhase()).isEqualTo("Failed");
    assertThat(ended.getStatus().getReason()).isEqualTo("Terminated");
    String finished = Cluster.container(ended).getState().getTerminated().getFinishedAt();
    assertThat(bill("guest")).singleElement().asString().contains(finished);
    assertThat(agent.nodes()).containsExactly(nodeName);
  }

  @Test
  void shouldBillThePodsOfALostNode() throws Exception {
    String second = nodeName + "-lost";
    agent.addNode(NodeConfig.withGpus(second, Map.of("pool", pool + "-lost"), 1));
    cluster.create(cluster.shell("victim", pool + "-lost", "exec sleep 1000"));
    Pod pod = cluster.awaitPod("victim", "running", p -> Cluster.isPhase(p, "Running"));
    agent.failNode(second);
    assertThat(ProcessHandle.of(Cluster.pid(pod)).filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(bill("victim")).hasSize(1);
    assertThat(cluster.client().nodes().withName(second).get()).isNull();
  }

  @Test
  void shouldGiveAPodAnotherAddressUnderTheNextAgent(@TempDir Path folder) throws Exception {
    AgentConfig config =
        Cluster.config(
                folder, NodeConfig.withGpus(nodeName + "-next", Map.of("pool", pool + "-next"), 1))
            .withRemoveNodesOnStop(false);
    Pod before;
    try (var first = NodeAgent.start(cluster.kubeconfig(), config)) {
      assertThat(first.nodes()).hasSize(1);
      cluster.create(cluster.shell("tenant", pool + "-next", "exec sleep 1000"));
      before = cluster.awaitPod("tenant", "running", p -> Cluster.isPhase(p, "Running"));
    }
    // Another agent takes the addresses that are free now.
    try (var others = new PodAddresses(Network.parse(config.podAddresses()))) {
      others.allocate();
      try (var next = NodeAgent.start(cluster.kubeconfig(), config)) {
        assertThat(next.nodes()).hasSize(1);
        Pod again = cluster.awaitRestarted("tenant");
        assertThat(again.getStatus().getPodIP()).isNotEqualTo(before.getStatus().getPodIP());
        assertThat(again.getStatus().getPodIPs())
            .singleElement()
            .extracting(PodIP::getIp)
            .isEqualTo(again.getStatus().getPodIP());
      }
    }
    cluster.client().nodes().withName(nodeName + "-next").delete();
  }
}
