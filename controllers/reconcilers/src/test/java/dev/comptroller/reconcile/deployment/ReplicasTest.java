package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Replica.Problem;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

final class ReplicasTest {
  @Test
  void shouldReportTheContainerThatCannotRunBeforeOneThatRanBefore() {
    Pod pod = pod(restarted("runtime"), crashing("vllm", "no free memory on GPU 0"));

    assertThat(Replicas.of(pod).map(Replica::problem))
        .contains(
            new Problem(
                "CrashLoopBackOff", "exit code 1 after 2 restarts: no free memory on GPU 0"));
  }

  @Test
  void shouldReportARestartWhereEverythingRuns() {
    assertThat(Replicas.of(pod(restarted("runtime"))).map(Replica::problem))
        .contains(new Problem("Restarted", "exit code 1 after 1 restarts: gone"));
  }

  private static Pod pod(ContainerStatus... containers) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("chat-large-a")
        .withUid("u")
        .endMetadata()
        .withNewSpec()
        .withNodeName("a")
        .endSpec()
        .withNewStatus()
        .withPhase("Running")
        .withContainerStatuses(containers)
        .endStatus()
        .build();
  }

  private static ContainerStatus restarted(String name) {
    return new ContainerStatusBuilder(ended(name, 1, "gone"))
        .withNewState()
        .withNewRunning("2026-11-02T10:00:00Z")
        .endState()
        .build();
  }

  private static ContainerStatus crashing(String name, String message) {
    return new ContainerStatusBuilder(ended(name, 2, message))
        .withNewState()
        .withNewWaiting("back-off", "CrashLoopBackOff")
        .endState()
        .build();
  }

  private static ContainerStatus ended(String name, int restarts, String message) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withRestartCount(restarts)
        .withNewLastState()
        .withNewTerminated()
        .withExitCode(1)
        .withMessage(message)
        .endTerminated()
        .endLastState()
        .build();
  }
}
