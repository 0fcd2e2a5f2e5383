package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the operator sees and decided for a ModelDeployment.
@JsonClassDescription("What the operator sees and decided.")
@Wire
public record ModelDeploymentStatus(
    @JsonPropertyDescription("Generation of the spec that this status was computed from.")
        @Nullable Long observedGeneration,
    @Keyed("type")
        @Size(max = 16)
        @JsonPropertyDescription(
            "Ready, VariantAvailable, CapacityAvailable, MeetingSlo, MeetingTargetCpm,"
                + " WithinBudget and Downgraded.")
        List<Condition> conditions,
    @Text(Format.VARIANT_NAME) @JsonPropertyDescription("Name of the variant that serves.")
        @Nullable String activeVariant,
    @StatusReplicas
        @JsonPropertyDescription("Replicas of the active variant that exist, ready or not.")
        @Nullable Integer replicas,
    @JsonPropertyDescription("Replicas of the active variant that the operator wants.")
        @Nullable Integer desiredReplicas,
    @JsonPropertyDescription("Replicas of the active variant that serve.")
        @Nullable Integer readyReplicas,
    @Text(Format.SHORT)
        @LabelSelector
        @JsonPropertyDescription("Label selector of the serving pods, for the scale subresource.")
        @Nullable String selector,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription("Dollars per hour that the replicas of all variants cost now.")
        @Nullable String burnRate,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Full dollars per million tokens of the deployment over the window of its"
                + " target; absent while no token was served in it.")
        @Nullable String cpm,
    @Text(Format.SHORT) @JsonPropertyDescription("One million divided by the CPM.")
        @Nullable String tokensPerDollar,
    @JsonPropertyDescription("What cpm and tokensPerDollar were measured over.")
        @Nullable CpmWindow cpmWindow,
    @Keyed("name")
        @Size(max = 16)
        @JsonPropertyDescription(
            "One entry for each variant of the ladder that has replicas or a known cost.")
        List<VariantStatus> variants,
    @JsonPropertyDescription("The last decision, with what it was chosen against.")
        @Nullable LastDecision lastDecision,
    @Size(max = 10)
        @JsonPropertyDescription(
            "The last changes of variant or replicas, newest first, at most 10.")
        List<HistoryEntry> history) {
  /// Puts the defaults in place of absent members.
  public ModelDeploymentStatus {
    conditions = Absent.list(conditions);
    variants = Absent.list(variants);
    history = Absent.list(history);
  }

  /// The stretch of time that the figures of cost are for.
  @Wire
  public record CpmWindow(
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription(
              "Its start: the first replica's, or the window of the target ago.")
          String from,
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("Its end: when the tokens were last counted.")
          String to,
      @Required @JsonPropertyDescription("Input and output tokens served in it.") Long tokens) {}

  /// A variant as it runs.
  @Wire
  public record VariantStatus(
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("Name of the variant.")
          String name,
      @JsonPropertyDescription("Replicas that exist.") @Nullable Integer replicas,
      @JsonPropertyDescription("Replicas that serve.") @Nullable Integer ready,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Tokens per second, input and output, of all its replicas over the window.")
          @Nullable String tokensPerSecond,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Full dollars per million tokens over the window: the whole bill, idle"
                  + " time included, by all tokens.")
          @Nullable String cpm,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars per million tokens of the next replica at its full rate.")
          @Nullable String marginalCpm,
      @Text(Format.SHORT) @JsonPropertyDescription("One million divided by the full CPM.")
          @Nullable String tokensPerDollar,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars per hour of its replicas now.")
          @Nullable String burnRate) {}

  /// A decision and its reasons.
  @Wire
  public record LastDecision(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When it was taken.") String at,
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription("What it was: Hold, Resize, Migrate, Drain or Blocked.")
          String action,
      @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant chosen.")
          @Nullable String variant,
      @JsonPropertyDescription("The replicas chosen.") @Nullable Integer replicas,
      @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          @Nullable String reason,
      @Text(Format.MESSAGE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String message,
      @Text(Format.SENTENCE)
          @JsonPropertyDescription("The constraint that kept a better candidate from being chosen.")
          @Nullable String bindingConstraint,
      @Size(max = 16)
          @JsonPropertyDescription("The candidates that were weighed, best first, at most 16.")
          List<Candidate> candidates) {
    /// Puts the defaults in place of absent members.
    public LastDecision {
      candidates = Absent.list(candidates);
    }
  }

  /// One way to serve that was weighed.
  @Wire
  public record Candidate(
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("Its variant.") String variant,
      @Text(Format.NAME) @JsonPropertyDescription("Its pool.") @Nullable String pool,
      @JsonPropertyDescription("Its capacity type.") @Nullable CapacityType capacityType,
      @JsonPropertyDescription("Its replicas.") @Nullable Integer replicas,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("What it would cost in dollars per hour.")
          @Nullable String burnRate,
      @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Its expected full CPM.")
          @Nullable String cpm,
      @Text(Format.SENTENCE)
          @JsonPropertyDescription("Chosen, or what spoke against it, with numbers.")
          @Nullable String verdict) {}

  /// One change that was made.
  @Wire
  public record HistoryEntry(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When it was made.") String at,
      @Required
          @Text(Format.VARIANT_NAME)
          @JsonPropertyDescription("The variant that serves since.")
          String variant,
      @Required @JsonPropertyDescription("The replicas wanted since.") Integer replicas,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          String reason,
      @Text(Format.SENTENCE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String message) {}
}
