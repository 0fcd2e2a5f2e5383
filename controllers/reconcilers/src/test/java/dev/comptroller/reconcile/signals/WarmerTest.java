package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

final class WarmerTest {
  @Test
  void shouldTakeAReplicaWhoseVllmStartedAgainForACold() {
    var before = Warmer.start(pod(running("runtime", "10:00"), running("vllm", "10:00")));
    var after = Warmer.start(pod(running("runtime", "10:00"), running("vllm", "10:07")));

    assertThat(before).isPresent().isNotEqualTo(after);
    assertThat(after).isPresent();
    assertThat(Warmer.start(pod(running("vllm", "10:07"), running("runtime", "10:00"))))
        .as("in whatever order they are listed")
        .isEqualTo(after);
  }

  @Test
  void shouldAskNothingOfAReplicaWhoseVllmDoesNotRun() {
    assertThat(Warmer.start(pod(running("runtime", "10:00"), waiting("vllm")))).isEmpty();
    assertThat(Warmer.start(pod(waiting("runtime"), running("vllm", "10:00")))).isEmpty();
    assertThat(Warmer.start(pod())).isEmpty();
  }

  @Test
  void shouldNotMindContainersThatOthersPutIntoThePod() {
    var alone = Warmer.start(pod(running("runtime", "10:00")));

    assertThat(alone).isPresent();
    assertThat(Warmer.start(pod(running("runtime", "10:00"), waiting("proxy")))).isEqualTo(alone);
  }

  private static Pod pod(ContainerStatus... containers) {
    return new PodBuilder()
        .withNewMetadata()
        .withUid("u")
        .endMetadata()
        .withNewStatus()
        .withContainerStatuses(containers)
        .endStatus()
        .build();
  }

  private static ContainerStatus running(String name, String at) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withNewState()
        .withNewRunning("2026-11-02T%s:00Z".formatted(at))
        .endState()
        .build();
  }

  private static ContainerStatus waiting(String name) {
    return new ContainerStatusBuilder()
        .withName(name)
        .withNewState()
        .withNewWaiting("loading", "CrashLoopBackOff")
        .endState()
        .build();
  }
}
