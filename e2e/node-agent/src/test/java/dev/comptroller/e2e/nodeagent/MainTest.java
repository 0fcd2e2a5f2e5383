package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program: configuration from a file, and how it ends.
@Tag("integration")
class MainTest {
  private final String pool = "pool-" + UUID.randomUUID().toString().substring(0, 8);
  private final List<Process> programs = new ArrayList<>();

  @AfterEach
  void endWhatAFailureLeft() {
    programs.forEach(Process::destroyForcibly);
  }

  private Process program(String... arguments) throws Exception {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    words.addAll(List.of(arguments));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    programs.add(process);
    return process;
  }

  private Path config(Path folder, boolean remove) throws Exception {
    return Files.writeString(
        folder.resolve("agent.json"),
        """
        {
          "folder": "%s",
          "nodes": [
            {"name": "node-%s", "labels": {"pool": "%s"}, "capacity": {"nvidia.com/gpu": 8}}
          ],
          "images": [{"repository": "shell", "entryPoint": ["/bin/sh"], "shell": true}],
          "removeNodesOnStop": %s
        }
        """
            .formatted(folder.resolve("agent"), pool, pool, remove));
  }

  private Process start(Cluster cluster, Path config) throws Exception {
    Process process =
        program("--config", config.toString(), "--kubeconfig", cluster.kubeconfig().toString());
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    var said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      said.append(line).append('\n');
      if (line.startsWith("node-agent: 1 nodes registered")) {
        // What it says from here on explains a failure, and must not fill the pipe.
        Thread.ofVirtual()
            .start(() -> output.lines().forEach(later -> System.err.println("  " + later)));
        return process;
      }
    }
    throw new AssertionError("the agent did not start: " + said);
  }

  private static boolean lives(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  @Test
  void shouldLeaveNoChildWhenItIsKilled(@TempDir Path folder) throws Exception {
    try (var cluster = new Cluster()) {
      Path config = config(folder, false);
      Process agent = start(cluster, config);
      Path children = folder.resolve("children");
      cluster.create(
          cluster.shell(
              "family",
              pool,
              "trap '' TERM HUP; sleep 1000 & echo $! >"
                  + children
                  + "; while :; do sleep 1; done"));
      Pod pod = cluster.awaitPod("family", "running", p -> Cluster.isPhase(p, "Running"));
      Awaitility.await()
          .atMost(Cluster.PATIENCE)
          .until(() -> Files.exists(children) && Files.size(children) > 0);
      long child = Long.parseLong(Files.readString(children).strip());
      assertThat(lives(Cluster.pid(pod))).isTrue();
      assertThat(lives(child)).isTrue();
      agent.destroyForcibly().waitFor();
      Awaitility.await()
          .atMost(Cluster.PATIENCE)
          .until(() -> !lives(Cluster.pid(pod)) && !lives(child));

      Process next = start(cluster, config);
      Pod again = cluster.awaitRestarted("family");
      assertThat(Cluster.container(again).getLastState().getTerminated().getReason())
          .isEqualTo("ContainerStatusUnknown");
      next.destroy();
      assertThat(next.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(lives(Cluster.pid(again))).isFalse();
      assertThat(cluster.client().nodes().withName("node-" + pool).get()).isNotNull();
      cluster.client().nodes().withName("node-" + pool).delete();
    }
  }

  @Test
  void shouldRemoveItsNodesOnACleanStop(@TempDir Path folder) throws Exception {
    try (var cluster = new Cluster()) {
      Process agent = start(cluster, config(folder, true));
      cluster.create(cluster.shell("guest", pool, "exec sleep 1000"));
      cluster.awaitPod("guest", "running", p -> Cluster.isPhase(p, "Running"));
      agent.destroy();
      assertThat(agent.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(cluster.client().nodes().withName("node-" + pool).get()).isNull();
      assertThat(Files.readAllLines(folder.resolve("agent/pods.jsonl")))
          .singleElement()
          .asString()
          .contains("guest");
    }
  }

  @Test
  void shouldNameTheFieldThatIsWrong(@TempDir Path folder) throws Exception {
    Path config =
        Files.writeString(folder.resolve("bad.json"), "{\"folder\": \"/tmp\", \"nodes\": 3}");
    Process process = program("--config", config.toString(), "--kubeconfig", "/dev/null");
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(said).contains("nodes: must be a list, not 3");
  }
}
