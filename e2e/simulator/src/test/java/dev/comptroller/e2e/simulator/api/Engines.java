package dev.comptroller.e2e.simulator.api;

import dev.comptroller.reconcile.signals.EngineLoad;
import dev.comptroller.reconcile.signals.EngineLoads;
import dev.comptroller.reconcile.signals.FirstRequests;
import dev.comptroller.reconcile.signals.Warmer.Outcome;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Engines that answer at once, well unless they are sick, and work on nothing: what a process
/// knows of them it learns anew
/// after each start.
final class Engines implements EngineLoads, FirstRequests {
  private final Clock clock;
  private final Predicate<Pod> sick;
  private final Set<String> asked = new HashSet<>();

  /// Engines of which those in `sick` pods answer nothing well.
  Engines(Clock clock, Predicate<Pod> sick) {
    this.clock = clock;
    this.sick = sick;
  }

  @Override
  public Optional<EngineLoad> load(String uid) {
    return Optional.of(new EngineLoad(clock.instant(), 0, 0, 0, 10, 0));
  }

  @Override
  public void look(List<Pod> pods) {}

  @Override
  public Optional<Outcome> outcome(Pod pod) {
    if (!asked.contains(pod.getMetadata().getUid())) {
      return Optional.empty();
    }
    return Optional.of(
        sick.test(pod) ? new Outcome.Failed("3 first requests failed") : new Outcome.Warm(5));
  }

  @Override
  public void warm(Pod pod, String model, Runnable done) {
    if (asked.add(pod.getMetadata().getUid())) {
      done.run();
    }
  }
}
