package dev.comptroller.protocol.routing;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The money of one namespace that has a budget in force, and what its heat asks of traffic.
///
/// @param namespace whose requests it is about
/// @param budget name of the InferenceBudget in force
/// @param periodStart start of the budget's period; charges are counted from here
/// @param periodEnd end of the period, exclusive
/// @param hard whether limits refuse (Hard) or only tell (Soft)
/// @param observe whether nothing is done and only counted (mode Observe)
/// @param fundedUntil past this instant nothing is admitted; absent while money does not end it
/// @param abroadMicros the most that other namespaces may charge in the period, settled and held;
///     absent if nothing limits it
/// @param leftMicros what is left of the budget in the period, less what is set aside, rounded
///     down to a hundredth of its amount; negative when exceeded; absent if it is not known
/// @param leftAt when it came to be that
/// @param traffic what heat asks of traffic now
/// @param features sub-budgets, ordered by name
public record Account(
    String namespace,
    String budget,
    Instant periodStart,
    Instant periodEnd,
    boolean hard,
    boolean observe,
    @Nullable Instant fundedUntil,
    @Nullable Long abroadMicros,
    @Nullable Long leftMicros,
    @Nullable Instant leftAt,
    Traffic traffic,
    List<Feature> features) {
  public Account {
    features = List.copyOf(features);
  }

  /// What heat asks of traffic.
  ///
  /// @param queueBatch whether requests of batch-eligible features wait in the queue
  /// @param maxOutputTokens cap on the output of one request; absent if there is none
  /// @param tokensPerMinute the most tokens a minute that the namespace may ask for, shared by its
  ///     features by priority; absent if there is no throttle
  /// @param suspended whether nothing is admitted
  /// @param why one sentence with numbers that explains all of it; empty when nothing is asked
  /// @param until when it is expected to end; absent if that is not known
  public record Traffic(
      boolean queueBatch,
      @Nullable Long maxOutputTokens,
      @Nullable Long tokensPerMinute,
      boolean suspended,
      String why,
      @Nullable Instant until) {
    /// Nothing is asked.
    public static final Traffic FREE = new Traffic(false, null, null, false, "", null);
  }

  /// A sub-budget.
  ///
  /// @param name of the feature
  /// @param amountMicros the most that it may be charged in the period; absent if it has no limit
  /// @param priority who goes first when tokens are short; larger goes first
  /// @param batchEligible whether its requests may wait in the queue
  /// @param downgradeAllowed whether a lower rung may answer its requests
  public record Feature(
      String name,
      @Nullable Long amountMicros,
      int priority,
      boolean batchEligible,
      boolean downgradeAllowed) {}
}
