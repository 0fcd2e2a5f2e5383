package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PodReportTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = START.plusSeconds(30);

  private final Pod pod =
      new PodBuilder()
          .withNewMetadata()
          .withName("p")
          .withGeneration(3L)
          .endMetadata()
          .withNewSpec()
          .endSpec()
          .withNewStatus()
          .addNewCondition()
          .withType("PodScheduled")
          .withStatus("True")
          .withLastTransitionTime(START.toString())
          .endCondition()
          .endStatus()
          .build();

  private static ContainerStatus running(boolean ready) {
    return new ContainerStatusBuilder()
        .withName("main")
        .withReady(ready)
        .withNewState()
        .withNewRunning()
        .withStartedAt(START.toString())
        .endRunning()
        .endState()
        .build();
  }

  private static ContainerStatus terminated(int code) {
    return new ContainerStatusBuilder()
        .withName("main")
        .withReady(false)
        .withNewState()
        .withNewTerminated()
        .withExitCode(code)
        .endTerminated()
        .endState()
        .build();
  }

  private static ContainerStatus waiting(boolean ranBefore) {
    var status =
        new ContainerStatusBuilder()
            .withName("main")
            .withReady(false)
            .withNewState()
            .withNewWaiting()
            .withReason("x")
            .endWaiting()
            .endState();
    if (ranBefore) {
      status.withLastState(terminated(1).getState());
    }
    return status.build();
  }

  private PodStatus report(
      Pod of, List<PodCondition> before, ContainerStatus main, boolean ended, Instant now) {
    return report(of, before, main, ended, now, null);
  }

  private static PodStatus report(
      Pod of,
      List<PodCondition> before,
      ContainerStatus main,
      boolean ended,
      Instant now,
      PodReport.@Nullable Failure failure) {
    return new PodReport(
            of, before, START, "127.64.0.1", List.of(), List.of(main), true, ended, failure)
        .status(now);
  }

  private static PodCondition condition(PodStatus status, String type) {
    return PodReport.find(status.getConditions(), type).orElseThrow();
  }

  @Test
  void shouldMoveATransitionTimeOnlyWhenTheStatusChanges() {
    PodStatus first = report(pod, List.of(), running(false), false, START);
    assertThat(condition(first, "Ready").getStatus()).isEqualTo("False");
    assertThat(condition(first, "Ready").getMessage())
        .isEqualTo("containers with unready status: [main]");
    PodStatus same = report(pod, first.getConditions(), running(false), false, LATER);
    assertThat(same).isEqualTo(first);
    PodStatus ready = report(pod, first.getConditions(), running(true), false, LATER);
    assertThat(condition(ready, "Ready").getStatus()).isEqualTo("True");
    assertThat(condition(ready, "Ready").getLastTransitionTime()).isEqualTo(LATER.toString());
    assertThat(condition(ready, "Initialized").getLastTransitionTime()).isEqualTo(START.toString());
  }

  @Test
  void shouldLeaveTheConditionOfTheSchedulerAlone() {
    PodStatus status = report(pod, List.of(), running(true), false, LATER);
    assertThat(PodReport.find(status.getConditions(), "PodScheduled")).isEmpty();
    Pod unscheduled = new PodBuilder(pod).editStatus().withConditions().endStatus().build();
    assertThat(
            condition(report(unscheduled, List.of(), running(true), false, LATER), "PodScheduled")
                .getStatus())
        .isEqualTo("True");
  }

  @Test
  void shouldNameThePhases() {
    assertThat(report(pod, List.of(), waiting(false), false, START).getPhase())
        .isEqualTo("Pending");
    assertThat(report(pod, List.of(), waiting(true), false, START).getPhase()).isEqualTo("Running");
    assertThat(report(pod, List.of(), running(true), false, START).getPhase()).isEqualTo("Running");
    assertThat(report(pod, List.of(), terminated(0), true, START).getPhase())
        .isEqualTo("Succeeded");
    assertThat(report(pod, List.of(), terminated(1), true, START).getPhase()).isEqualTo("Failed");
    var failure = new PodReport.Failure("Terminated", "the node goes");
    PodStatus failed = report(pod, List.of(), terminated(0), true, START, failure);
    assertThat(failed.getPhase()).isEqualTo("Failed");
    assertThat(failed.getReason()).isEqualTo("Terminated");
  }

  @Test
  void shouldWaitForReadinessGates() {
    Pod gated =
        new PodBuilder(pod).editSpec().addNewReadinessGate("example.org/open").endSpec().build();
    PodStatus closed = report(gated, List.of(), running(true), false, START);
    assertThat(condition(closed, "ContainersReady").getStatus()).isEqualTo("True");
    assertThat(condition(closed, "Ready").getReason()).isEqualTo("ReadinessGatesNotReady");
    Pod open =
        new PodBuilder(gated)
            .editStatus()
            .addNewCondition()
            .withType("example.org/open")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build();
    assertThat(condition(report(open, List.of(), running(true), false, START), "Ready").getStatus())
        .isEqualTo("True");
  }
}
