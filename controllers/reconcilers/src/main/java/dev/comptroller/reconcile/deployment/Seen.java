package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.Observation;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.latency.SloCount;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.budget.Treasury.Account;
import dev.comptroller.reconcile.signals.TokenLedger.Figures;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that one reconciliation of a ModelDeployment has seen.
///
/// @param observation pools and replicas
/// @param account figures of the namespace's budget; absent if it has none
/// @param books prices of all pools
/// @param deployments Deployments that belong to it, of all variants
/// @param pods its replicas, those that ended included
/// @param prestages its readers of weights
/// @param service its Service; absent if there is none
/// @param figures tokens and their cost by variant, for variants that have some
/// @param burn dollars an hour by variant, for variants with live replicas
/// @param start how long new replicas took lately until they served; absent if none was seen
/// @param latency how many requests kept the promised latency; absent while that is not known
record Seen(
    Observation observation,
    @Nullable Account account,
    PriceBooks books,
    List<Deployment> deployments,
    List<Pod> pods,
    List<Pod> prestages,
    @Nullable Service service,
    Map<String, Figures> figures,
    Map<String, HourlyRate> burn,
    @Nullable Duration start,
    @Nullable SloCount latency) {
  Seen {
    deployments = List.copyOf(deployments);
    pods = List.copyOf(pods);
    prestages = List.copyOf(prestages);
    figures = Map.copyOf(figures);
    burn = Map.copyOf(burn);
  }
}
