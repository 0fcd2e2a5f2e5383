package dev.comptroller.api.conditions;

/// The conditions that resources carry. The sentence says what `True` means.
public enum ConditionType {
  /// On every resource.
  READY("Ready", "The resource does what its spec asks for."),
  /// On a ModelDeployment.
  VARIANT_AVAILABLE("VariantAvailable", "The active variant has a replica that serves."),
  /// On a ModelDeployment.
  CAPACITY_AVAILABLE(
      "CapacityAvailable", "Every replica that is wanted has a node with free GPUs."),
  /// On a ModelDeployment.
  MEETING_SLO("MeetingSlo", "Requests keep the promised latency."),
  /// On a ModelDeployment.
  MEETING_TARGET_CPM(
      "MeetingTargetCpm", "The full cost per million tokens is at or below the target."),
  /// On a ModelDeployment and an InferenceBudget.
  WITHIN_BUDGET("WithinBudget", "What is spent and held is within the budget."),
  /// On a ModelDeployment. True is the unusual state.
  DOWNGRADED("Downgraded", "A lower rung than the best that fits serves, to save money."),
  /// On an InferenceBudget.
  FORECASTED("Forecasted", "There is enough history to say when the money ends."),
  /// On an InferenceBudget. True is the unusual state.
  CONFLICT("Conflict", "Another budget of the namespace is older and in force instead."),
  /// On an InferenceBudget. True is the unusual state.
  EXHAUSTED("Exhausted", "The money of the period is gone."),
  /// On a GpuNodePool.
  WITHIN_CEILING("WithinCeiling", "The nodes cost no more an hour than the ceiling."),
  /// On a GpuNodePool. True is a passing state.
  PROVISIONING("Provisioning", "Nodes are being added or removed."),
  /// On every resource while it holds, by the kstatus convention. True is a passing state.
  RECONCILING("Reconciling", "The operator is on its way to what the spec asks for."),
  /// On every resource while it holds, by the kstatus convention. True is the unusual state.
  STALLED("Stalled", "Nothing will change until someone changes something.");

  private final String wire;
  private final String sentence;

  ConditionType(String wire, String sentence) {
    this.wire = wire;
    this.sentence = sentence;
  }

  /// Returns the name as it stands in `status.conditions[].type`.
  public String wire() {
    return wire;
  }

  /// Returns what `True` means.
  public String sentence() {
    return sentence;
  }
}
