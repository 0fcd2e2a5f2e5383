package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import java.util.List;
import java.util.Optional;

/// The conditions about an owner's goals: cost, latency and quality. Pure.
final class Goals {
  private Goals() {}

  /// `MeetingSlo`, `MeetingTargetCpm`, `Downgraded`.
  ///
  /// @param cpm full CPM over the window; absent while it is not known
  /// @param tokens tokens in the window
  static List<Finding> judge(Declared declared, Decision decision, Optional<Cpm> cpm, long tokens) {
    return List.of(slo(declared), target(declared, cpm, tokens), downgraded(declared, decision));
  }

  private static Finding slo(Declared declared) {
    return declared.hasSlo()
        ? Finding.unknown(
            "MeetingSlo", "SignalStale", "0 latency samples: latency is not judged yet")
        : Finding.unknown("MeetingSlo", "NoSlo", "0 promises: spec.slo is not set");
  }

  private static Finding target(Declared declared, Optional<Cpm> cpm, long tokens) {
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
        "full CPM $%s, target $%s, over %s"
            .formatted(cpm.get().print(4), target, HeatLadder.print(declared.window()));
    return cpm.get().compareTo(target) <= 0
        ? Finding.yes("MeetingTargetCpm", "TargetMet", figures)
        : Finding.no("MeetingTargetCpm", "TargetMissed", figures);
  }

  private static Finding downgraded(Declared declared, Decision decision) {
    Policy policy = declared.policy();
    String best = policy.ladder().getFirst().name();
    return switch (decision) {
      case Decision.Blocked(var reason, var message, _) ->
          Finding.unknown("Downgraded", reason, message);
      case Decision.Serve(String variant, _, _) when variant.equals(best) ->
          Finding.no(
              "Downgraded",
              "BestVariant",
              "%s is rung 1 of %d".formatted(variant, policy.ladder().size()));
      case Decision.Serve(String variant, _, var explanation) ->
          Finding.yes("Downgraded", "NoCapacity", explanation.summary());
    };
  }
}
