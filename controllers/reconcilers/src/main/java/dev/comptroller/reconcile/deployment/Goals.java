package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.condition.SloCondition;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.latency.SloCount;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The conditions about an owner's goals: cost and latency. Pure.
final class Goals {
  private Goals() {}

  /// `MeetingSlo`, `MeetingTargetCpm`.
  ///
  /// @param cpm full CPM over the window; absent while it is not known
  /// @param tokens tokens in the window
  /// @param latency how many requests kept the promised latency; absent while it is not known
  /// @param scale what the autoscaler decided; absent if it did not
  static List<Finding> judge(
      Declared declared,
      Optional<Cpm> cpm,
      long tokens,
      @Nullable SloCount latency,
      @Nullable ScaleDecision scale) {
    return List.of(
        SloCondition.judge(declared.slo(), latency, declared.window()),
        target(declared, cpm, tokens, scale));
  }

  private static Finding target(
      Declared declared, Optional<Cpm> cpm, long tokens, @Nullable ScaleDecision scale) {
    Cpm target = declared.policy().targetCpm();
    if (target == null) {
      return Finding.unknown(
          "MeetingTargetCpm", "NoTarget", "0 targets: spec.targetCpm is not set");
    }
    if (cpm.isEmpty() || tokens < declared.minimumTokens()) {
      return Finding.unknown(
          "MeetingTargetCpm",
          tokens == 0 ? "NoTraffic" : "TooFewTokens",
          "%d tokens in the window of %s, judged from %d on"
              .formatted(tokens, HeatLadder.print(declared.window()), declared.minimumTokens()));
    }
    String figures =
        "full CPM $%s, target $%s, over %s%s"
            .formatted(
                cpm.get().print(4),
                target,
                HeatLadder.print(declared.window()),
                scale == null || scale.target() == null ? "" : "; " + scale.target().message());
    return cpm.get().compareTo(target) <= 0
        ? Finding.yes("MeetingTargetCpm", "TargetMet", figures)
        : Finding.no("MeetingTargetCpm", "TargetMissed", figures);
  }
}
