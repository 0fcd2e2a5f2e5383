package dev.comptroller.reconcile.spend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.spend.ReplicaTime.Place;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReplicaTimeTest {
  private static final Instant START = Instant.parse("2026-03-01T08:00:00Z");
  private static final Instant END = Instant.parse("2026-03-01T09:30:00Z");
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final Place HERE =
      new Place(Optional.of(new NodeFacts("n", "h100", CapacityType.Spot, true, 8)), false);
  private static final Place GONE = new Place(HERE.facts(), true);

  @Test
  void shouldRunWhileAContainerRunsEvenAfterItWasAskedToLeave() {
    Pod pod = terminating(running(bound()), 0L);

    assertThat(ReplicaTime.of(pod, HERE, NOW))
        .isInstanceOfSatisfying(
            ReplicaTime.Running.class,
            running -> {
              assertThat(running.interval().start()).isEqualTo(START);
              assertThat(running.interval().gpus()).isEqualTo(4);
              assertThat(running.interval().pool()).isEqualTo("h100");
              assertThat(running.interval().type()).isEqualTo(CapacityType.Spot);
            });
  }

  @Test
  void shouldEndWithItsLastContainer() {
    assertThat(ended(terminating(finished(bound()), 30L), HERE))
        .isEqualTo(new ReplicaInterval.Known(END));
  }

  @Test
  void shouldEndWithTheRequestToLeaveWhenNoContainerEverRan() {
    assertThat(ended(terminating(bound(), 0L), HERE))
        .isEqualTo(new ReplicaInterval.Known(Instant.parse("2026-03-01T09:45:00Z")));
  }

  @Test
  void shouldNotEndBeforeTheNodeIsDoneWithAPodWhoseContainersNeverRan() {
    assertThat(ReplicaTime.of(terminating(bound(), 30L), HERE, NOW))
        .isInstanceOf(ReplicaTime.Running.class);
  }

  @Test
  void shouldEndNowAtTheLatestWhenTheNodeIsGone() {
    assertThat(ended(running(bound()), GONE)).isEqualTo(new ReplicaInterval.UpperBound(NOW));
    assertThat(ended(finished(bound()), GONE)).isEqualTo(new ReplicaInterval.Known(END));
  }

  @Test
  void shouldNotChargeAPodThatWasNeverBound() {
    Pod waiting = new PodBuilder().withNewMetadata().withUid("u").endMetadata().build();

    assertThat(ReplicaTime.of(waiting, new Place(Optional.empty(), false), NOW))
        .isEqualTo(new ReplicaTime.Waiting());
    assertThat(ReplicaTime.of(terminating(waiting, 0L), new Place(Optional.empty(), false), NOW))
        .isEqualTo(new ReplicaTime.NeverBound());
  }

  private static ReplicaInterval.End ended(Pod pod, Place place) {
    if (ReplicaTime.of(pod, place, NOW) instanceof ReplicaTime.Ended(ReplicaInterval interval)) {
      return interval.end();
    }
    throw new AssertionError("has not ended");
  }

  private static Pod bound() {
    return new PodBuilder()
        .withNewMetadata()
        .withUid("u")
        .endMetadata()
        .withNewSpec()
        .withNodeName("n")
        .addNewContainer()
        .withName("runtime")
        .withNewResources()
        .withLimits(Map.of(Names.GPU_RESOURCE, new Quantity("4")))
        .endResources()
        .endContainer()
        .endSpec()
        .withNewStatus()
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("True")
        .withLastTransitionTime(START.toString())
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod running(Pod pod) {
    return new PodBuilder(pod)
        .editStatus()
        .addNewContainerStatus()
        .withNewState()
        .withNewRunning()
        .withStartedAt(START.toString())
        .endRunning()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static Pod finished(Pod pod) {
    return new PodBuilder(pod)
        .editStatus()
        .addNewContainerStatus()
        .withNewState()
        .withNewTerminated()
        .withFinishedAt(END.toString())
        .endTerminated()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static Pod terminating(Pod pod, long grace) {
    return new PodBuilder(pod)
        .editMetadata()
        .withDeletionTimestamp(Instant.parse("2026-03-01T09:45:00Z").plusSeconds(grace).toString())
        .withDeletionGracePeriodSeconds(grace)
        .endMetadata()
        .build();
  }
}
