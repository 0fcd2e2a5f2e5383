package dev.comptroller.reconcile.metrics;

import dev.comptroller.decide.share.Sharing;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Everything that the operator measures about money; exact, where statuses move in quanta.
public final class OperatorMetrics {
  private static final double MICRO = 1e-6;

  private final Gauge spent;
  private final Gauge amount;
  private final Gauge burnRate;
  private final Gauge forecast;
  private final Gauge heat;
  private final Gauge poolCost;
  private final Gauge poolNodes;
  private final Gauge poolGpus;
  private final Gauge cpm;
  private final Gauge tokensPerDollar;
  private final Gauge tokensPerSecond;
  private final Gauge replicas;
  private final Gauge shared;
  private final Gauge planned;
  private final Gauge gap;
  private final Counter statusWrites;
  private final Map<String, Set<List<String>>> variants = new ConcurrentHashMap<>();
  private final Map<String, Set<List<String>>> pools = new ConcurrentHashMap<>();

  /// Registers all collectors in `registry`.
  public OperatorMetrics(CollectorRegistry registry) {
    spent = gauge("budget_spent_dollars", "Spent in the period.", "namespace");
    amount = gauge("budget_amount_dollars", "Amount of the period.", "namespace");
    burnRate = gauge("budget_burn_rate_dollars_per_hour", "Cost of live replicas.", "namespace");
    forecast = gauge("budget_forecast_dollars", "Expected spend of the period.", "namespace");
    heat = gauge("budget_heat_ratio", "Larger of spent and forecast over amount.", "namespace");
    poolCost =
        gauge("pool_hourly_cost_dollars", "Cost of a pool's nodes.", "pool", "capacity_type");
    poolNodes = gauge("pool_nodes", "Nodes of a pool.", "pool", "capacity_type");
    poolGpus = gauge("pool_gpus", "GPUs of a pool's ready nodes by state.", "pool", "state");
    cpm =
        gauge(
            "deployment_cpm_dollars",
            "Full dollars per million tokens over the window.",
            "namespace",
            "deployment",
            "variant");
    tokensPerDollar =
        gauge(
            "deployment_tokens_per_dollar",
            "Tokens that a dollar bought over the window.",
            "namespace",
            "deployment",
            "variant");
    tokensPerSecond =
        gauge(
            "deployment_tokens_per_second",
            "Mean tokens a second over the window.",
            "namespace",
            "deployment",
            "variant");
    replicas =
        gauge(
            "deployment_replicas",
            "Replicas by state: desired, ready.",
            "namespace",
            "deployment",
            "state");
    shared = gauge("fleet_sharing_deployments", "Deployments that share a pool that is short.");
    planned = gauge("fleet_shared_dollars_per_hour", "Planned cost of what they share.");
    gap = gauge("fleet_plan_gap_ratio", "Part of the plan's cost not proven necessary.");
    statusWrites =
        Counter.build("comptroller_status_writes", "Writes of statuses.")
            .labelNames("kind")
            .create();
    for (Gauge gauge :
        new Gauge[] {
          spent,
          amount,
          burnRate,
          forecast,
          heat,
          poolCost,
          poolNodes,
          poolGpus,
          cpm,
          tokensPerDollar,
          tokensPerSecond,
          replicas,
          shared,
          planned,
          gap
        }) {
      registry.register(gauge);
    }
    registry.register(statusWrites);
  }

  /// Figures of a namespace's budget, in micro-dollars.
  public void budget(
      String namespace, long spentMicros, long amountMicros, long burnMicros, long endMicros) {
    spent.labels(namespace).set(spentMicros * MICRO);
    amount.labels(namespace).set(amountMicros * MICRO);
    burnRate.labels(namespace).set(burnMicros * MICRO);
    forecast.labels(namespace).set(endMicros * MICRO);
    heat.labels(namespace).set(Math.max(spentMicros, endMicros) / (double) amountMicros);
  }

  /// Removes the figures of a namespace without a budget.
  public void budgetGone(String namespace) {
    for (Gauge gauge : new Gauge[] {spent, amount, burnRate, forecast, heat}) {
      gauge.remove(namespace);
    }
  }

  /// Cost and nodes of a pool by capacity type.
  public void pool(String pool, String capacityType, int nodes, long costMicros) {
    note(pools, pool, pool, capacityType);
    poolCost.labels(pool, capacityType).set(costMicros * MICRO);
    poolNodes.labels(pool, capacityType).set(nodes);
  }

  /// Removes the figures of a pool that is gone.
  public void poolGone(String pool) {
    Set<List<String>> series = pools.remove(pool);
    if (series != null) {
      for (List<String> labels : series) {
        poolCost.remove(labels.toArray(String[]::new));
        poolNodes.remove(labels.toArray(String[]::new));
      }
    }
    poolGpus.remove(pool, "total");
    poolGpus.remove(pool, "used");
  }

  /// GPUs of a pool's ready nodes.
  public void poolGpus(String pool, int total, int used) {
    poolGpus.labels(pool, "total").set(total);
    poolGpus.labels(pool, "used").set(used);
  }

  /// Cost and speed of a variant over its window; `cpmMicros` negative where there is none.
  public void variant(
      String namespace, String deployment, String variant, long cpmMicros, double speed) {
    note(variants, namespace + "/" + deployment, namespace, deployment, variant);
    tokensPerSecond.labels(namespace, deployment, variant).set(speed);
    if (cpmMicros > 0) {
      cpm.labels(namespace, deployment, variant).set(cpmMicros * MICRO);
      tokensPerDollar.labels(namespace, deployment, variant).set(1e12 / cpmMicros);
    } else {
      cpm.remove(namespace, deployment, variant);
      tokensPerDollar.remove(namespace, deployment, variant);
    }
  }

  /// Replicas of a deployment.
  public void replicas(String namespace, String deployment, int desired, int ready) {
    replicas.labels(namespace, deployment, "desired").set(desired);
    replicas.labels(namespace, deployment, "ready").set(ready);
  }

  /// Removes the figures of a deployment that is gone.
  public void deploymentGone(String namespace, String deployment) {
    Set<List<String>> series = variants.remove(namespace + "/" + deployment);
    if (series != null) {
      for (List<String> labels : series) {
        String[] names = labels.toArray(String[]::new);
        cpm.remove(names);
        tokensPerDollar.remove(names);
        tokensPerSecond.remove(names);
      }
    }
    replicas.remove(namespace, deployment, "desired");
    replicas.remove(namespace, deployment, "ready");
  }

  /// What is short and shared over the fleet.
  public void fleet(Sharing sharing) {
    shared.set(sharing.shares().size());
    planned.set(sharing.hourly().microsPerHour() * MICRO);
    gap.set(sharing.gapPerMillion() * MICRO);
  }

  private static void note(Map<String, Set<List<String>>> shown, String owner, String... labels) {
    shown.computeIfAbsent(owner, _ -> ConcurrentHashMap.newKeySet()).add(List.of(labels));
  }

  /// Counts the write of a status.
  public void statusWritten(String kind) {
    statusWrites.labels(kind).inc();
  }

  private static Gauge gauge(String name, String help, String... labels) {
    return Gauge.build("comptroller_" + name, help).labelNames(labels).create();
  }
}
