package dev.comptroller.decide.condition;

import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Observation;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.ScaleDecision;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the conditions of a ModelDeployment are judged from.
///
/// @param policy what its owner asked for
/// @param seen what the cluster shows
/// @param decision what was decided
/// @param budget figures of the namespace's budget; absent if it has none
/// @param period the budget's period; absent if there is none
public record DeploymentView(
    Policy policy,
    Observation seen,
    Decision decision,
    @Nullable BudgetState budget,
    @Nullable Period period) {
  Optional<Decision.Serve> serve() {
    return decision instanceof Decision.Serve serve ? Optional.of(serve) : Optional.empty();
  }

  Decision.Serve served() {
    return serve().orElseThrow();
  }

  /// Whether it went to zero because nobody asked for anything.
  boolean isIdle() {
    return served().replicas() == 0
        && served().explanation().binding().startsWith(ScaleDecision.IDLE);
  }

  Variant variant() {
    String name = served().variant();
    return policy.ladder().stream()
        .filter(variant -> variant.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  Optional<Pool> pool() {
    return Optional.ofNullable(seen.pools().get(variant().pool()));
  }

  List<Replica> replicas() {
    return seen.replicasOf(served().variant());
  }

  int count(Replica.State state) {
    return (int) replicas().stream().filter(replica -> replica.state() == state).count();
  }

  int ready() {
    return count(Replica.State.Ready);
  }

  Optional<Replica> troubled(Replica.State state) {
    return replicas().stream()
        .filter(replica -> replica.state() == state && replica.problem() != null)
        .findFirst();
  }
}
