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
        List<HistoryEntry> history,
    @JsonPropertyDescription("The change of variant under way; absent while there is none.")
        @Nullable Transition transition,
    @Keyed("variant")
        @Size(max = 16)
        @JsonPropertyDescription("Every variant that has replicas, with its share of new requests.")
        List<Leg> legs,
    @JsonPropertyDescription("What is remembered from one change of variant to the next.")
        @Nullable Rollout rollout,
    @JsonPropertyDescription(
            "What the autoscaler wants; a budget or a lack of room may leave less of it."
                + " Absent while spec.replicas is set, unless a pool is short of what that asks for.")
        @Nullable Autoscaling autoscaling) {
  /// Puts the defaults in place of absent members.
  public ModelDeploymentStatus {
    conditions = Absent.list(conditions);
    variants = Absent.list(variants);
    history = Absent.list(history);
    legs = Absent.list(legs);
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
          List<Candidate> candidates,
      @JsonPropertyDescription(
              "What the budget has to do with it; absent where no budget decided it.")
          @Nullable BudgetEffect budget) {
    /// Puts the defaults in place of absent members.
    public LastDecision {
      candidates = Absent.list(candidates);
    }
  }

  /// What a budget changed. Figures are those of its decision: the trace of that instant gives them
  /// again.
  @Wire
  public record BudgetEffect(
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("When the budget decided: the name of the decision's trace.")
          String decidedAt,
      @Text(Format.SHORT)
          @JsonPropertyDescription("The variant that would serve without the budget.")
          @Nullable String fromVariant,
      @JsonPropertyDescription("Replicas of it.") @Nullable Integer fromReplicas,
      @Text(Format.SHORT) @JsonPropertyDescription("Its quality.") @Nullable String fromQuality,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour of it.")
          @Nullable String burnRateWithout,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour that were spent before.")
          @Nullable String burnRateBefore,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour of what is paid for.")
          @Nullable String burnRateAfter,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour less than without the budget.")
          @Nullable String savedPerHour,
      @Text(Format.SHORT)
          @JsonPropertyDescription("Dollars less than without the budget until it ends.")
          @Nullable String saved,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When it is expected to end; absent if there is nothing to end.")
          @Nullable String until) {}

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
      @Text(Format.SHORT) @JsonPropertyDescription("Its quality.") @Nullable String quality,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Whether it keeps the promised latency: Met, Missed, Unknown (nobody has measured it)"
                  + " or NotDeclared.")
          @Nullable String slo,
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
          @Nullable String message,
      @Text(Format.VARIANT_NAME)
          @JsonPropertyDescription("The variant that served before; absent if it is the same.")
          @Nullable String from,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars per hour of what was wanted before, at the price in force.")
          @Nullable String burnRateBefore,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars per hour of what is wanted since.")
          @Nullable String burnRateAfter,
      @Text(Format.SENTENCE) @JsonPropertyDescription("What bound it.")
          @Nullable String bindingConstraint,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Dollars less than without the budget until it ends, as decided; absent where no budget"
                  + " decided it.")
          @Nullable String saved,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When it was expected to end; absent if nothing was to end.")
          @Nullable String until) {}

  /// A change of variant under way: written before each of its steps, so that it goes on from here
  /// whoever takes it up.
  @Wire
  public record Transition(
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Prestage, Break, Start, Warm, Canary, Shift, Drain, Release or Suspend.")
          String phase,
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant to leave.")
          String from,
      @Text(Format.VARIANT_NAME)
          @JsonPropertyDescription("The variant to reach; absent for a suspension.")
          @Nullable String to,
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("When the phase, or its present step, began.")
          String since,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When the change began.")
          String started,
      @Required @JsonPropertyDescription("1 for the first try.") Integer attempt,
      @Required @JsonPropertyDescription("Percent of new requests meant for the variant to reach.")
          Integer share,
      @Required @JsonPropertyDescription("Replicas of the variant to leave when the change began.")
          Integer fromReplicas,
      @Required @JsonPropertyDescription("Replicas of the variant to reach that were wanted then.")
          Integer wantedReplicas,
      @Required @JsonPropertyDescription("GPUs that both variants may hold together.")
          Integer maxGpus,
      @Required @JsonPropertyDescription("Whether it undoes another change.") Boolean rollback,
      @Required
          @JsonPropertyDescription("Whether old replicas had to leave before new ones could start.")
          Boolean breakBeforeMake,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          String reason,
      @Text(Format.SENTENCE)
          @JsonPropertyDescription("What it waits for, for people, with numbers.")
          @Nullable String message) {}

  /// A variant that has replicas, or is to have some.
  @Wire
  public record Leg(
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("Name of the variant.")
          String variant,
      @Required
          @JsonPropertyDescription("Percent of new requests that it gets; 0 gets nothing new.")
          Integer weight,
      @Required @JsonPropertyDescription("Replicas that it is asked to run.") Integer replicas,
      @Required
          @JsonPropertyDescription(
              "Replicas that may exist: more than asked for until the others are seen to be gone.")
          Integer held,
      @Required
          @JsonPropertyDescription(
              "Number of the request for these replicas; its Deployment carries it.")
          Long revision) {}

  /// What is remembered from one change to the next.
  @Wire
  public record Rollout(
      @Required @JsonPropertyDescription("Number of the last request for replicas.") Long revision,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When the serving variant last changed; absent if it never did.")
          @Nullable String lastChange,
      @Required @JsonPropertyDescription("How many changes were undone.") Long rollbacks,
      @JsonPropertyDescription("The last change that failed, until it may be tried again.")
          @Nullable BackOff backOff,
      @JsonPropertyDescription("Why a change that is wanted cannot begin now; absent if none is.")
          @Nullable Held held,
      @Size(max = 32) @JsonPropertyDescription("What changes taught about variants.")
          List<Past> past) {
    /// Puts the defaults in place of absent members.
    public Rollout {
      past = Absent.list(past);
    }
  }

  /// What changes taught about a variant.
  @Wire
  public record Past(
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant.") String variant,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Digest of what its replicas were made of when they last served well: a change back to"
                  + " the same needs no trial. Absent if they never did.")
          @Nullable String template,
      @JsonPropertyDescription(
              "Seconds that changes to it take, from reading its weights until the old replicas are"
                  + " gone; absent if none came to its end.")
          @Nullable Long tookSeconds) {}

  /// A change that failed.
  @Wire
  public record BackOff(
      @Required
          @Text(Format.VARIANT_NAME)
          @JsonPropertyDescription("The variant that could not be reached.")
          String variant,
      @Required @JsonPropertyDescription("How many tries failed.") Integer attempt,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When the next one may begin.")
          String until,
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription("Why the last one failed, as one word in CamelCase.")
          String reason,
      @Text(Format.SENTENCE)
          @JsonPropertyDescription("Why the last one failed, for people, with numbers.")
          @Nullable String message) {}

  /// What the autoscaler wants.
  @Wire
  public record Autoscaling(
      @Required
          @Text(Format.VARIANT_NAME)
          @JsonPropertyDescription("The best variant that it wants to serve.")
          String variant,
      @Required @JsonPropertyDescription("Replicas of it that it wants.") Integer replicas,
      @JsonPropertyDescription(
              "Replicas that it would want if scaling.mode were not Observe; absent otherwise.")
          @Nullable Integer wouldReplicas,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("Since when it wants that variant; absent if that is not known.")
          @Nullable String since,
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Why, as one word in CamelCase: Demand, Waiting, Deferred (work that may wait),"
                  + " Settling, Minimum, Maximum, NoRoom, Shared, Idle, Fixed, NoSignal,"
                  + " SpeedUnknown or Observing.")
          String reason,
      @Text(Format.MESSAGE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String message,
      @Text(Format.SENTENCE) @JsonPropertyDescription("What bound it.")
          @Nullable String bindingConstraint,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Tokens per second, input and output, that it expects at most until a new replica"
                  + " would serve, its margin included; absent while that is not known.")
          @Nullable String expectedTokensPerSecond,
      @JsonPropertyDescription(
              "Minutes after which what is asked for comes again; absent if it does not.")
          @Nullable Integer repeatsEveryMinutes,
      @JsonPropertyDescription(
              "Seconds that a new replica took lately until it served; absent if none was seen.")
          @Nullable Integer startSeconds,
      @JsonPropertyDescription(
              "What the fewest replicas cost that minReplicas or a schedule asks for; absent if"
                  + " that is 0 or has no price.")
          @Nullable Floor floor) {}

  /// What a floor of replicas costs.
  @Wire
  public record Floor(
      @Required @JsonPropertyDescription("Replicas that run at least.") Integer replicas,
      @Required @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Dollars per hour of them.")
          String burnRate,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars per hour of those that what is asked for does not need; absent while that is"
                  + " not known.")
          @Nullable String beyondDemand,
      @Text(Format.SENTENCE) @JsonPropertyDescription("These, for people.")
          @Nullable String message) {}

  /// A change that cannot begin.
  @Wire
  public record Held(
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant that is wanted.")
          String variant,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Dwell, BackOff or NoRoomForSurge.")
          String reason,
      @Required
          @Text(Format.SENTENCE)
          @JsonPropertyDescription("What it waits for, for people, with numbers.")
          String message) {}
}
