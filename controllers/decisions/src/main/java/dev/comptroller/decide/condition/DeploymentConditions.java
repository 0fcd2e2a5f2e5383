package dev.comptroller.decide.condition;

import dev.comptroller.decide.Decision;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Variant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// The conditions of a ModelDeployment: `VariantAvailable`, `CapacityAvailable`, `WithinBudget` and
/// `Ready`, whose message says what stands in its way. Reasons are the API's catalogue of reasons.
public final class DeploymentConditions {
  private static final String VARIANT = "VariantAvailable";
  private static final String CAPACITY = "CapacityAvailable";
  private static final String BUDGET = "WithinBudget";
  private static final String READY = "Ready";

  private static final Set<String> CRASHES = Set.of("CrashLoopBackOff", "Error", "OOMKilled");

  private static final Chain<DeploymentView> VARIANT_AVAILABLE =
      new Chain<>(
          List.of(
              view -> blocked(VARIANT, view),
              DeploymentConditions::someReady,
              DeploymentConditions::scaledToZero,
              DeploymentConditions::failing,
              DeploymentConditions::starting,
              DeploymentConditions::unplaced),
          view ->
              Finding.no(
                  VARIANT,
                  "Starting",
                  "0 of %d replicas of %s exist yet"
                      .formatted(view.served().replicas(), view.served().variant())));

  private static final Chain<DeploymentView> CAPACITY_AVAILABLE =
      new Chain<>(
          List.of(
              view -> blocked(CAPACITY, view),
              DeploymentConditions::poolMissing,
              DeploymentConditions::notWanted,
              DeploymentConditions::largerThanNode,
              DeploymentConditions::allPlaced,
              DeploymentConditions::noNodes,
              DeploymentConditions::tooFewGpus,
              DeploymentConditions::refusedByScheduler),
          view ->
              Finding.unknown(
                  CAPACITY,
                  "NotYetObserved",
                  "%d of %d replicas of %s await the scheduler; pool %s has room"
                      .formatted(
                          view.count(Replica.State.Unscheduled),
                          view.served().replicas(),
                          view.served().variant(),
                          view.variant().pool())));

  private DeploymentConditions() {}

  /// All of them, `Ready` first.
  public static List<Finding> judge(DeploymentView view) {
    Finding variant = VARIANT_AVAILABLE.judge(view);
    Finding capacity = CAPACITY_AVAILABLE.judge(view);
    return List.of(ready(view, variant, capacity), variant, capacity, withinBudget(view));
  }

  private static Finding ready(DeploymentView view, Finding variant, Finding capacity) {
    Optional<Finding> blocked = blocked(READY, view);
    if (blocked.isPresent()) {
      return blocked.get();
    }
    int asked = view.served().replicas();
    String name = view.served().variant();
    if (asked == 0) {
      return Finding.yes(READY, "ScaledToZero", "0 replicas of %s asked for".formatted(name));
    }
    if (view.ready() >= asked) {
      return Finding.yes(
          READY, "Serving", "%d of %d replicas of %s ready".formatted(asked, asked, name));
    }
    Finding culprit = capacity.status() == Finding.Status.False ? capacity : variant;
    if (view.ready() == 0) {
      return Finding.no(READY, "NoReadyReplica", culprit.message());
    }
    String problem =
        culprit.holds()
            ? view.troubled(Replica.State.Starting).map(DeploymentConditions::because).orElse("")
            : "; " + culprit.message();
    return Finding.no(
        READY,
        "Progressing",
        "%d of %d replicas of %s ready%s".formatted(view.ready(), asked, name, problem));
  }

  private static Finding withinBudget(DeploymentView view) {
    BudgetState budget = view.budget();
    if (budget == null) {
      return Finding.yes(
          BUDGET,
          "NoBudget",
          "namespace %s has 0 InferenceBudgets".formatted(view.policy().namespace()));
    }
    String figures =
        "%d %% of $%s spent in this %s"
            .formatted(
                budget.spentPercent(),
                budget.amount(),
                Objects.requireNonNull(view.period(), "a budget without a period"));
    return budget.spent().isMoreThan(budget.amount())
        ? Finding.no(BUDGET, "Exceeded", figures)
        : Finding.yes(BUDGET, "WithinAmount", figures);
  }

  private static Optional<Finding> blocked(String type, DeploymentView view) {
    return view.decision() instanceof Decision.Blocked(var reason, var message, _)
        ? Optional.of(Finding.no(type, reason, message))
        : Optional.empty();
  }

  private static Optional<Finding> someReady(DeploymentView view) {
    int ready = view.ready();
    return ready == 0
        ? Optional.empty()
        : Optional.of(
            Finding.yes(
                VARIANT,
                "Available",
                "%d of %d replicas of %s ready"
                    .formatted(ready, view.served().replicas(), view.served().variant())));
  }

  private static Optional<Finding> scaledToZero(DeploymentView view) {
    return view.served().replicas() > 0
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                VARIANT,
                "ScaledToZero",
                view.isIdle()
                    ? "0 replicas of %s wanted after %s: the next request starts one"
                        .formatted(view.served().variant(), view.served().explanation().binding())
                    : "0 replicas of %s asked for: set spec.replicas to 1 or more"
                        .formatted(view.served().variant())));
  }

  private static Optional<Finding> failing(DeploymentView view) {
    return view.troubled(Replica.State.Starting)
        .map(replica -> Finding.no(VARIANT, failure(replica), noneReady(view) + because(replica)));
  }

  private static Optional<Finding> starting(DeploymentView view) {
    int starting = view.count(Replica.State.Starting);
    return starting == 0
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                VARIANT, "Starting", "%s, %d starting".formatted(noneReady(view), starting)));
  }

  private static Optional<Finding> unplaced(DeploymentView view) {
    int unplaced = view.count(Replica.State.Unscheduled);
    return unplaced == 0
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                VARIANT,
                "Starting",
                "%s, %d not placed on a node".formatted(noneReady(view), unplaced)));
  }

  private static Optional<Finding> poolMissing(DeploymentView view) {
    return view.pool().isPresent()
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                CAPACITY,
                "PoolNotFound",
                "GpuNodePool %s of variant %s does not exist (of %d pools)"
                    .formatted(
                        view.variant().pool(), view.variant().name(), view.seen().pools().size())));
  }

  private static Optional<Finding> largerThanNode(DeploymentView view) {
    Variant variant = view.variant();
    int perNode = view.pool().orElseThrow().prices().gpusPerNode();
    return variant.gpus() <= perNode
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                CAPACITY,
                "InsufficientGpus",
                ("a replica of %s needs %d GPUs on one node, a node of pool %s has %d: lower gpus"
                        + " of the variant or choose another pool")
                    .formatted(variant.name(), variant.gpus(), variant.pool(), perNode)));
  }

  private static Optional<Finding> notWanted(DeploymentView view) {
    return view.served().replicas() > 0
        ? Optional.empty()
        : Optional.of(
            Finding.yes(
                CAPACITY,
                "NotWanted",
                "0 replicas of %s asked for".formatted(view.variant().name())));
  }

  private static Optional<Finding> allPlaced(DeploymentView view) {
    if (view.count(Replica.State.Unscheduled) > 0) {
      return Optional.empty();
    }
    int placed = view.count(Replica.State.Starting) + view.ready();
    return Optional.of(
        Finding.yes(
            CAPACITY,
            "Available",
            "%d of %d replicas of %s placed on pool %s, %d %s each"
                .formatted(
                    placed,
                    view.served().replicas(),
                    view.served().variant(),
                    view.variant().pool(),
                    view.variant().gpus(),
                    gpus(view.variant().gpus()))));
  }

  private static Optional<Finding> noNodes(DeploymentView view) {
    Pool pool = view.pool().orElseThrow();
    if (pool.readyNodes() > 0) {
      return Optional.empty();
    }
    int lacking = view.count(Replica.State.Unscheduled) * view.variant().gpus();
    return Optional.of(
        Finding.no(
            CAPACITY,
            "InsufficientGpus",
            "pool %s lacks %d %s for %d of %d replicas: 0 of its %d nodes are ready"
                .formatted(
                    pool.name(),
                    lacking,
                    gpus(lacking),
                    view.count(Replica.State.Unscheduled),
                    view.served().replicas(),
                    pool.nodes().size())));
  }

  private static Optional<Finding> tooFewGpus(DeploymentView view) {
    Pool pool = view.pool().orElseThrow();
    int gpus = view.variant().gpus();
    int homeless = view.count(Replica.State.Unscheduled) - pool.roomNow(gpus);
    if (homeless <= 0) {
      return Optional.empty();
    }
    int lacking = homeless * gpus;
    int free = pool.freeGpus();
    String split =
        free < gpus
            ? ""
            : "; %d are free, but a replica needs %d on one node".formatted(free, gpus);
    return Optional.of(
        Finding.no(
            CAPACITY,
            "InsufficientGpus",
            "pool %s lacks %d %s for %d of %d replicas: %d %s in %d %s, %d used%s"
                .formatted(
                    pool.name(),
                    lacking,
                    gpus(lacking),
                    homeless,
                    view.served().replicas(),
                    pool.totalGpus(),
                    gpus(pool.totalGpus()),
                    pool.readyNodes(),
                    pool.readyNodes() == 1 ? "node" : "nodes",
                    pool.usedGpus(),
                    split)));
  }

  private static Optional<Finding> refusedByScheduler(DeploymentView view) {
    return view.troubled(Replica.State.Unscheduled)
        .map(
            replica ->
                Finding.no(
                    CAPACITY,
                    "Unschedulable",
                    "%d of %d replicas of %s not placed%s"
                        .formatted(
                            view.count(Replica.State.Unscheduled),
                            view.served().replicas(),
                            view.served().variant(),
                            because(replica))));
  }

  private static String failure(Replica replica) {
    return replica.problem() instanceof Replica.Problem(var reason, _) && CRASHES.contains(reason)
        ? "CrashLooping"
        : "Starting";
  }

  private static String noneReady(DeploymentView view) {
    return "0 of %d replicas of %s ready"
        .formatted(view.served().replicas(), view.served().variant());
  }

  private static String because(Replica replica) {
    return replica.problem() instanceof Replica.Problem(var reason, var message)
        ? "; %s: %s: %s".formatted(replica.name(), reason, message)
        : "";
  }

  private static String gpus(int count) {
    return count == 1 ? "GPU" : "GPUs";
  }
}
