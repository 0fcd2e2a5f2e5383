package dev.comptroller.api.conditions;

import java.util.List;

/// The reasons that conditions give. Each constant says what it means, and on which conditions it
/// stands; programs may rely on the names.
public enum Reason {
  /// Replicas of the active variant serve.
  SERVING("Serving", "Replicas of the active variant serve.", ConditionType.READY),
  /// The deployment has no replicas because none are wanted.
  SCALED_TO_ZERO(
      "ScaledToZero",
      "The deployment has no replicas because none are wanted.",
      ConditionType.READY,
      ConditionType.VARIANT_AVAILABLE),
  /// Replicas are wanted and none serves.
  NO_READY_REPLICA("NoReadyReplica", "Replicas are wanted and none serves.", ConditionType.READY),
  /// Replicas of the active variant are being started or replaced.
  PROGRESSING(
      "Progressing",
      "Replicas of the active variant are being started or replaced.",
      ConditionType.READY,
      ConditionType.RECONCILING),
  /// The spec cannot be carried out; the message names the field. The last valid spec stays in
  /// force.
  INVALID_SPEC(
      "InvalidSpec",
      "The spec cannot be carried out; the message names the field. The last valid"
          + " spec stays in force.",
      ConditionType.READY,
      ConditionType.STALLED),
  /// A variant names a pool that does not exist.
  POOL_NOT_FOUND(
      "PoolNotFound",
      "A variant names a pool that does not exist.",
      ConditionType.READY,
      ConditionType.CAPACITY_AVAILABLE,
      ConditionType.STALLED),
  /// The PersistentVolumeClaim of the model does not exist in the namespace.
  CLAIM_NOT_FOUND(
      "ClaimNotFound",
      "The PersistentVolumeClaim of the model does not exist in the namespace.",
      ConditionType.READY),
  /// The budget is in force.
  IN_FORCE("InForce", "The budget is in force.", ConditionType.READY),
  /// An older budget of the namespace is in force instead.
  SUPERSEDED_BY(
      "SupersededBy",
      "An older budget of the namespace is in force instead.",
      ConditionType.READY,
      ConditionType.STALLED),
  /// The time zone is not one that the operator knows.
  UNKNOWN_TIME_ZONE(
      "UnknownTimeZone",
      "The time zone is not one that the operator knows.",
      ConditionType.READY,
      ConditionType.STALLED),
  /// The nodes of the pool are counted and priced.
  COUNTED("Counted", "The nodes of the pool are counted and priced.", ConditionType.READY),
  /// No node carries the label of the pool.
  NO_NODES("NoNodes", "No node carries the label of the pool.", ConditionType.READY),
  /// Nodes of the pool have a capacity type that the pool gives no price for.
  UNPRICED_NODES(
      "UnpricedNodes",
      "Nodes of the pool have a capacity type that the pool gives no price for.",
      ConditionType.READY),
  /// An object with a name that the deployment needs belongs to somebody else.
  NAME_TAKEN(
      "NameTaken",
      "An object with a name that the deployment needs belongs to somebody else.",
      ConditionType.READY),
  /// The record of what was spent cannot be read; no figure is guessed.
  SPEND_RECORD_UNREADABLE(
      "SpendRecordUnreadable",
      "The record of what was spent cannot be read; no figure is guessed.",
      ConditionType.READY),
  /// What was spent in the period is not known; what runs goes on, and nothing grows.
  SPEND_UNKNOWN(
      "SpendUnknown",
      "What was spent in the period is not known; what runs goes on, and nothing grows.",
      ConditionType.READY),
  /// What was spent was seen too long ago; what runs goes on, and nothing grows.
  SPEND_STALE(
      "SpendStale",
      "What was spent was seen too long ago; what runs goes on, and nothing grows.",
      ConditionType.READY),
  /// The fleet was seen too long ago; what runs goes on, and nothing grows.
  FLEET_STALE(
      "FleetStale",
      "The fleet was seen too long ago; what runs goes on, and nothing grows.",
      ConditionType.READY),
  /// Replicas run in a pool without a price; what runs goes on, and nothing grows.
  PRICE_UNKNOWN(
      "PriceUnknown",
      "Replicas run in a pool without a price; what runs goes on, and nothing grows.",
      ConditionType.READY),
  /// Figures are too large to decide on; what runs goes on, and nothing grows.
  FIGURES_TOO_LARGE(
      "FiguresTooLarge",
      "Figures are too large to decide on; what runs goes on, and nothing grows.",
      ConditionType.READY),
  /// The throughput of a variant is neither declared nor measured.
  THROUGHPUT_UNKNOWN(
      "ThroughputUnknown",
      "The throughput of a variant is neither declared nor measured.",
      ConditionType.READY,
      ConditionType.MEETING_TARGET_CPM),
  /// The operator has not seen the resource yet.
  NOT_YET_OBSERVED(
      "NotYetObserved",
      "The operator has not seen the resource yet.",
      ConditionType.READY,
      ConditionType.VARIANT_AVAILABLE,
      ConditionType.CAPACITY_AVAILABLE,
      ConditionType.MEETING_SLO,
      ConditionType.MEETING_TARGET_CPM,
      ConditionType.WITHIN_BUDGET,
      ConditionType.DOWNGRADED,
      ConditionType.FORECASTED,
      ConditionType.CONFLICT,
      ConditionType.EXHAUSTED,
      ConditionType.WITHIN_CEILING,
      ConditionType.PROVISIONING),
  /// What is wanted is there.
  AVAILABLE(
      "Available",
      "What is wanted is there.",
      ConditionType.VARIANT_AVAILABLE,
      ConditionType.CAPACITY_AVAILABLE),
  /// Replicas are there and are not ready yet.
  STARTING(
      "Starting", "Replicas are there and are not ready yet.", ConditionType.VARIANT_AVAILABLE),
  /// Replicas end again and again; the message has the last exit code.
  CRASH_LOOPING(
      "CrashLooping",
      "Replicas end again and again; the message has the last exit code.",
      ConditionType.VARIANT_AVAILABLE),
  /// The weights could not be read, or have another digest.
  MODEL_UNREADABLE(
      "ModelUnreadable",
      "The weights could not be read, or have another digest.",
      ConditionType.VARIANT_AVAILABLE),
  /// None is wanted.
  NOT_WANTED(
      "NotWanted",
      "None is wanted.",
      ConditionType.VARIANT_AVAILABLE,
      ConditionType.CAPACITY_AVAILABLE),
  /// The pool has fewer free GPUs than replicas need; the message has both numbers.
  INSUFFICIENT_GPUS(
      "InsufficientGpus",
      "The pool has fewer free GPUs than replicas need; the message has both numbers.",
      ConditionType.CAPACITY_AVAILABLE),
  /// A pool cannot serve everybody; the deployment has its share, the message says what binds it.
  POOL_SHARED(
      "PoolShared",
      "A pool cannot serve everybody; the deployment has its share, the message says what"
          + " binds it.",
      ConditionType.READY,
      ConditionType.CAPACITY_AVAILABLE),
  /// The scheduler refuses the pods for another reason; the message has its words.
  UNSCHEDULABLE(
      "Unschedulable",
      "The scheduler refuses the pods for another reason; the message has its words.",
      ConditionType.CAPACITY_AVAILABLE),
  /// The pool has no room for old and new replicas side by side, or they are not paid for, and
  /// breakBeforeMake is not set.
  NO_ROOM_FOR_SURGE(
      "NoRoomForSurge",
      "The pool has no room for old and new replicas side by side, or they are not paid for,"
          + " and breakBeforeMake is not set.",
      ConditionType.CAPACITY_AVAILABLE),
  /// Latency is within the promise.
  SLO_MET("SloMet", "Latency is within the promise.", ConditionType.MEETING_SLO),
  /// Latency is beyond the promise.
  SLO_MISSED("SloMissed", "Latency is beyond the promise.", ConditionType.MEETING_SLO),
  /// Latencies of first tokens and of pace leave open whether enough requests keep both.
  SLO_UNCLEAR(
      "SloUnclear",
      "Latencies of first tokens and of pace leave open whether enough requests keep both.",
      ConditionType.MEETING_SLO),
  /// Fewer requests than the minimum lie in the window.
  TOO_FEW_REQUESTS(
      "TooFewRequests",
      "Fewer requests than the minimum lie in the window.",
      ConditionType.MEETING_SLO),
  /// The spec promises nothing.
  NO_SLO("NoSlo", "The spec promises nothing.", ConditionType.MEETING_SLO),
  /// No request ran in the window.
  NO_TRAFFIC(
      "NoTraffic",
      "No request ran in the window.",
      ConditionType.MEETING_SLO,
      ConditionType.MEETING_TARGET_CPM),
  /// The figures are missing or too old to judge by.
  SIGNAL_STALE(
      "SignalStale",
      "The figures are missing or too old to judge by.",
      ConditionType.MEETING_SLO,
      ConditionType.MEETING_TARGET_CPM),
  /// The full cost is at or below the target.
  TARGET_MET(
      "TargetMet", "The full cost is at or below the target.", ConditionType.MEETING_TARGET_CPM),
  /// The full cost is above the target; the message names the binding constraint.
  TARGET_MISSED(
      "TargetMissed",
      "The full cost is above the target; the message names the binding constraint.",
      ConditionType.MEETING_TARGET_CPM),
  /// The spec has no target.
  NO_TARGET("NoTarget", "The spec has no target.", ConditionType.MEETING_TARGET_CPM),
  /// Fewer tokens than the minimum lie in the window.
  TOO_FEW_TOKENS(
      "TooFewTokens",
      "Fewer tokens than the minimum lie in the window.",
      ConditionType.MEETING_TARGET_CPM),
  /// What is spent and held is below the amount.
  WITHIN_AMOUNT(
      "WithinAmount", "What is spent and held is below the amount.", ConditionType.WITHIN_BUDGET),
  /// The namespace has no budget in force.
  NO_BUDGET("NoBudget", "The namespace has no budget in force.", ConditionType.WITHIN_BUDGET),
  /// More is spent than the amount; the message has both numbers.
  EXCEEDED(
      "Exceeded",
      "More is spent than the amount; the message has both numbers.",
      ConditionType.WITHIN_BUDGET),
  /// The best variant that fits serves.
  BEST_VARIANT("BestVariant", "The best variant that fits serves.", ConditionType.DOWNGRADED),
  /// A lower rung was asked for, and the change to it or from it is under way or waits.
  CHANGING(
      "Changing",
      "A lower rung was asked for, and the change to it or from it is under way or waits.",
      ConditionType.DOWNGRADED),
  /// A budget asked for a lower rung.
  BUDGET_HEAT("BudgetHeat", "A budget asked for a lower rung.", ConditionType.DOWNGRADED),
  /// A lower rung serves to meet the target.
  TARGET_CPM("TargetCpm", "A lower rung serves to meet the target.", ConditionType.DOWNGRADED),
  /// A lower rung serves because the better one has no GPUs.
  NO_CAPACITY(
      "NoCapacity",
      "A lower rung serves because the better one has no GPUs.",
      ConditionType.DOWNGRADED),
  /// A forecast is there; the message tells its band, its model and why.
  FORECAST(
      "Forecast",
      "A forecast is there; the message tells its band, its model and why.",
      ConditionType.FORECASTED),
  /// The period is too young for a forecast.
  TOO_LITTLE_HISTORY(
      "TooLittleHistory", "The period is too young for a forecast.", ConditionType.FORECASTED),
  /// The namespace has one budget.
  SINGLE_BUDGET("SingleBudget", "The namespace has one budget.", ConditionType.CONFLICT),
  /// The namespace has an older budget.
  OLDER_BUDGET_EXISTS(
      "OlderBudgetExists", "The namespace has an older budget.", ConditionType.CONFLICT),
  /// The budget pays for no replica until money comes back.
  SUSPENDED(
      "Suspended",
      "The budget pays for no replica until money comes back.",
      ConditionType.READY,
      ConditionType.WITHIN_BUDGET),
  /// Money is left.
  MONEY_LEFT("MoneyLeft", "Money is left.", ConditionType.EXHAUSTED),
  /// No money is left in the period.
  MONEY_GONE("MoneyGone", "No money is left in the period.", ConditionType.EXHAUSTED),
  /// The nodes cost no more than the ceiling.
  BELOW_CEILING(
      "BelowCeiling", "The nodes cost no more than the ceiling.", ConditionType.WITHIN_CEILING),
  /// The nodes cost more than the ceiling; the message has both numbers.
  ABOVE_CEILING(
      "AboveCeiling",
      "The nodes cost more than the ceiling; the message has both numbers.",
      ConditionType.WITHIN_CEILING),
  /// More nodes are needed than the ceiling pays for; the message has the numbers.
  CEILING_REACHED(
      "CeilingReached",
      "More nodes are needed than the ceiling pays for; the message has the numbers.",
      ConditionType.WITHIN_CEILING,
      ConditionType.PROVISIONING),
  /// More nodes are needed than maxNodes allows.
  MAX_NODES_REACHED(
      "MaxNodesReached", "More nodes are needed than maxNodes allows.", ConditionType.PROVISIONING),
  /// Nodes that were asked for did not come in time; the message says when they
  /// are asked for again.
  PROVISIONING_FAILED(
      "ProvisioningFailed",
      "Nodes that were asked for did not come in time; the message says when they are asked for"
          + " again.",
      ConditionType.PROVISIONING),
  /// The provisioner cannot be asked; the message has its words.
  PROVISIONER_REFUSED(
      "ProvisionerRefused",
      "The provisioner cannot be asked; the message has its words.",
      ConditionType.PROVISIONING),
  /// A replica needs more GPUs than one node has.
  REPLICA_TOO_LARGE(
      "ReplicaTooLarge",
      "A replica needs more GPUs than one node has.",
      ConditionType.PROVISIONING),
  /// The pool has no ceiling.
  NO_CEILING("NoCeiling", "The pool has no ceiling.", ConditionType.WITHIN_CEILING),
  /// No node is being added or removed.
  STEADY("Steady", "No node is being added or removed.", ConditionType.PROVISIONING),
  /// Nodes are being added.
  ADDING_NODES("AddingNodes", "Nodes are being added.", ConditionType.PROVISIONING),
  /// Nodes are being removed.
  REMOVING_NODES("RemovingNodes", "Nodes are being removed.", ConditionType.PROVISIONING),
  /// The operator does not add or remove nodes of this pool.
  STATIC_POOL(
      "StaticPool",
      "The operator does not add or remove nodes of this pool.",
      ConditionType.PROVISIONING);

  private final String wire;
  private final String sentence;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<ConditionType> conditions;

  Reason(String wire, String sentence, ConditionType... conditions) {
    this.wire = wire;
    this.sentence = sentence;
    this.conditions = List.of(conditions);
  }

  /// Returns the name as it stands in `status.conditions[].reason`.
  public String wire() {
    return wire;
  }

  /// Returns what it means.
  public String sentence() {
    return sentence;
  }

  /// Returns the conditions that give this reason.
  public List<ConditionType> conditions() {
    return conditions;
  }
}
