package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.rollout.RolloutState;
import java.util.Map;
import java.util.TreeMap;

/// What the API server keeps for the operator of a namespace: all that survives a crash.
final class Store {
  private LoopState budget = LoopState.EMPTY;
  private SpendRecord spend = SpendRecord.EMPTY;
  private final Map<String, RolloutState> rollouts = new TreeMap<>();

  LoopState budget() {
    return budget;
  }

  void budget(LoopState next) {
    budget = next;
  }

  SpendRecord spend() {
    return spend;
  }

  void spend(SpendRecord next) {
    spend = next;
  }

  RolloutState rollout(String deployment) {
    return rollouts.getOrDefault(deployment, RolloutState.NEW);
  }

  void rollout(String deployment, RolloutState next) {
    rollouts.put(deployment, next);
  }
}
