package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Held;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Transition;
import dev.comptroller.decide.rollout.BackOff;
import dev.comptroller.decide.rollout.Change;
import dev.comptroller.decide.rollout.Leg;
import dev.comptroller.decide.rollout.Past;
import dev.comptroller.decide.rollout.Phase;
import dev.comptroller.decide.rollout.RolloutState;
import dev.comptroller.decide.rollout.Step;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads and writes the state of a rollout in the status of its deployment. Pure.
public final class RolloutCodec {
  private RolloutCodec() {}

  /// The state that `status` shows. One that was written before there were legs serves its active
  /// variant with the replicas that its Deployment in `seen` asks for.
  static RolloutState read(ModelDeploymentStatus status, String deployment, List<Deployment> seen) {
    String serving = status.activeVariant();
    List<Leg> legs = new ArrayList<>();
    for (ModelDeploymentStatus.Leg leg : status.legs()) {
      legs.add(new Leg(leg.variant(), leg.weight(), leg.replicas(), leg.held(), leg.revision()));
    }
    if (legs.isEmpty() && serving != null) {
      int replicas = asked(seen, deployment, serving);
      legs.add(new Leg(serving, 100, replicas, replicas, 0));
    }
    ModelDeploymentStatus.Rollout rollout = status.rollout();
    ModelDeploymentStatus.BackOff backOff = rollout == null ? null : rollout.backOff();
    return new RolloutState(
        serving,
        legs,
        change(status.transition()),
        backOff == null
            ? null
            : new BackOff(
                backOff.variant(),
                backOff.attempt(),
                Instant.parse(backOff.until()),
                backOff.reason(),
                backOff.message() == null ? "" : backOff.message()),
        rollout == null || rollout.lastChange() == null
            ? null
            : Instant.parse(rollout.lastChange()),
        rollout == null ? 0 : rollout.rollbacks(),
        rollout == null ? 0 : rollout.revision(),
        past(rollout));
  }

  /// `status` with the state of `step`, and nothing else changed.
  static ModelDeploymentStatus write(ModelDeploymentStatus s, Step step, String goal) {
    RolloutState state = step.state();
    return new ModelDeploymentStatus(
        s.observedGeneration(),
        s.conditions(),
        state.serving(),
        s.replicas(),
        s.desiredReplicas(),
        s.readyReplicas(),
        s.selector(),
        s.burnRate(),
        s.cpm(),
        s.tokensPerDollar(),
        s.cpmWindow(),
        s.variants(),
        s.lastDecision(),
        s.history(),
        transition(state.change(), step.why()),
        state.legs().stream()
            .map(
                leg ->
                    new ModelDeploymentStatus.Leg(
                        leg.variant(), leg.weight(), leg.replicas(), leg.held(), leg.revision()))
            .toList(),
        new ModelDeploymentStatus.Rollout(
            state.revision(),
            text(state.lastChange()),
            state.rollbacks(),
            backOff(state.backOff()),
            step.isHeld() ? new Held(goal, step.reason(), shorten(step.why())) : null,
            state.past().stream().map(RolloutCodec::past).toList()),
        s.autoscaling());
  }

  private static @Nullable Change change(@Nullable Transition t) {
    return t == null
        ? null
        : new Change(
            Phase.valueOf(t.phase()),
            t.from(),
            t.to(),
            Instant.parse(t.since()),
            Instant.parse(t.started()),
            t.attempt(),
            t.share(),
            t.fromReplicas(),
            t.wantedReplicas(),
            t.maxGpus(),
            t.rollback(),
            t.breakBeforeMake(),
            t.reason());
  }

  private static @Nullable Transition transition(@Nullable Change c, String why) {
    return c == null
        ? null
        : new Transition(
            c.phase().name(),
            c.from(),
            c.to(),
            c.since().toString(),
            c.started().toString(),
            c.attempt(),
            c.share(),
            c.fromReplicas(),
            c.wanted(),
            c.gpuBound(),
            c.rollback(),
            c.broken(),
            c.reason(),
            shorten(why));
  }

  private static ModelDeploymentStatus.@Nullable BackOff backOff(@Nullable BackOff b) {
    return b == null
        ? null
        : new ModelDeploymentStatus.BackOff(
            b.variant(), b.attempt(), b.until().toString(), b.reason(), shorten(b.message()));
  }

  /// How long changes to variants take, of those to which one came to its end.
  public static Map<String, Duration> changes(@Nullable ModelDeployment deployment) {
    ModelDeploymentStatus status = deployment == null ? null : deployment.getStatus();
    return Past.changes(past(status == null ? null : status.rollout()));
  }

  private static List<Past> past(ModelDeploymentStatus.@Nullable Rollout rollout) {
    return rollout == null ? List.of() : rollout.past().stream().map(RolloutCodec::past).toList();
  }

  private static Past past(ModelDeploymentStatus.Past p) {
    return new Past(
        p.variant(),
        p.template() == null ? "" : p.template(),
        Duration.ofSeconds(p.tookSeconds() == null ? 0 : p.tookSeconds()));
  }

  private static ModelDeploymentStatus.Past past(Past p) {
    return new ModelDeploymentStatus.Past(
        p.variant(),
        p.template().isEmpty() ? null : p.template(),
        p.took().isZero() ? null : p.took().toSeconds());
  }

  private static int asked(List<Deployment> seen, String deployment, String variant) {
    String name = dev.comptroller.reconcile.desired.Serving.objectName(deployment, variant);
    return seen.stream()
        .filter(d -> d.getMetadata().getName().equals(name))
        .filter(d -> d.getSpec() != null && d.getSpec().getReplicas() != null)
        .mapToInt(d -> d.getSpec().getReplicas())
        .findFirst()
        .orElse(0);
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  private static String shorten(String text) {
    return text.length() <= 1000 ? text : text.substring(0, 997) + "...";
  }
}
