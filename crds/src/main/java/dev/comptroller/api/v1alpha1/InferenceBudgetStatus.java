package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a budget has spent and where it is heading.
@JsonClassDescription("What is spent and where it is heading.")
@Wire
public record InferenceBudgetStatus(
    @JsonPropertyDescription("Generation of the spec that this status was computed from.")
        @Nullable Long observedGeneration,
    @Keyed("type")
        @Size(max = 16)
        @JsonPropertyDescription("Ready, WithinBudget, Forecasted, Conflict and Exhausted.")
        List<Condition> conditions,
    @JsonPropertyDescription("The period that the figures are for.") @Nullable CurrentPeriod period,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars spent in the period: infrastructure of its own replicas and"
                + " charges paid to others.")
        @Nullable String spent,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars held: open holds on charges to others and what leaving would cost.")
        @Nullable String reserved,
    @Text(Format.SHORT)
        @JsonPropertyDescription("Amount less spent and reserved; negative when exceeded.")
        @Nullable String remaining,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars of charges received from other namespaces. Never raises a limit.")
        @Nullable String recovered,
    @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Dollars per hour now.")
        @Nullable String burnRate,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars per hour that may be spent from now until the period ends; absent"
                + " while it is not known.")
        @Nullable String allowedRate,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription("Dollars expected to be spent by the end of the period.")
        @Nullable String forecast,
    @Text(Format.SHORT) @JsonPropertyDescription("How the forecast was made, such as Linear.")
        @Nullable String forecastModel,
    @JsonPropertyDescription(
            "Between which dollars four of five periods end; absent where nothing tells, and then"
                + " forecastBasis says why.")
        @Nullable ForecastBand forecastBand,
    @Text(Format.SENTENCE)
        @JsonPropertyDescription(
            "What the forecast was made from, why not by the other model, and what its band is"
                + " made from.")
        @Nullable String forecastBasis,
    @Text(Format.INSTANT)
        @JsonPropertyDescription(
            "When the money ends at the present rate; absent when it lasts the period.")
        @Nullable String exhaustsAt,
    @Text(Format.INSTANT)
        @JsonPropertyDescription(
            "Until when requests are admitted although nobody looks after the budget;"
                + " absent for a Soft budget. Never later than the money lasts.")
        @Nullable String fundedUntil,
    @JsonPropertyDescription("Percent: the larger of spent and forecast, as a share of the amount.")
        @Nullable Integer heat,
    @JsonPropertyDescription(
            "What the heat ladder remembers between two looks, so that a restart of the"
                + " operator shortens no dwell.")
        @Nullable HeatLog ladder,
    @Size(max = 16) @JsonPropertyDescription("Actions of the heat ladder that hold now.")
        List<ActiveAction> activeActions,
    @Keyed("deployment")
        @Size(max = 256)
        @JsonPropertyDescription(
            "What each ModelDeployment of the namespace may run. In Enforce mode no more"
                + " than this is run; in Observe mode it is what would be granted.")
        List<Granted> grants,
    @Size(max = 512)
        @JsonPropertyDescription(
            "Replicas that were granted and may still hold GPUs: their dollars stay set"
                + " aside until they are seen to be gone.")
        List<Committed> commitments,
    @JsonPropertyDescription(
            "What other namespaces may charge in the period: it counts as gone, and gateways refuse"
                + " more. Absent for a Soft budget.")
        @Nullable Allotted allotment,
    @Keyed("hour")
        @Size(max = 24)
        @JsonPropertyDescription(
            "What each hour of the day would run without the budget, as far as it was seen: what"
                + " is left is spread in proportion to it.")
        List<HourlyNeed> needs,
    @JsonPropertyDescription("What requests are told; absent while nothing is restrained.")
        @Nullable Traffic traffic,
    @JsonPropertyDescription("Who spends most in the period.") @Nullable TopSpenders topSpenders,
    @Keyed("name")
        @Size(max = 64)
        @JsonPropertyDescription(
            "What each declared feature has used, and what happens to its requests; in Observe mode"
                + " what would happen.")
        List<FeatureUse> features,
    @JsonPropertyDescription("Work that waits for idle capacity; absent while none is known.")
        @Nullable BatchWork batch,
    @Size(max = 16)
        @JsonPropertyDescription("The last decisions that changed something, newest first.")
        List<Decided> history,
    @Text(Format.MESSAGE)
        @JsonPropertyDescription(
            "The last spec that could be carried out, as JSON: it stays in force while the"
                + " present one cannot.")
        @Nullable String lastValidSpec) {
  /// Decisions that are kept.
  public static final int HISTORY = 16;

  /// Puts the defaults in place of absent members.
  public InferenceBudgetStatus {
    conditions = Absent.list(conditions);
    activeActions = Absent.list(activeActions);
    grants = Absent.list(grants);
    commitments = Absent.list(commitments);
    needs = Absent.list(needs);
    features = Absent.list(features);
    history = Absent.list(history);
  }

  /// A status that says nothing.
  public static InferenceBudgetStatus empty() {
    List<Condition> conditions = List.of();
    List<ActiveAction> actions = List.of();
    List<Granted> grants = List.of();
    List<Committed> commitments = List.of();
    List<HourlyNeed> needs = List.of();
    List<FeatureUse> features = List.of();
    List<Decided> history = List.of();
    return new InferenceBudgetStatus(
        null,
        conditions,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        actions,
        grants,
        commitments,
        null,
        needs,
        null,
        null,
        features,
        null,
        history,
        null);
  }

  /// A range of dollars at the end of the period.
  @Wire
  public record ForecastBand(
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Its low end; never less than is spent.")
          String low,
      @Required @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Its high end.")
          String high) {}

  /// A period as instants.
  @Wire
  public record CurrentPeriod(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Its first instant.") String start,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("The first instant after it.")
          String end) {}

  /// The memory of the heat ladder.
  @Wire
  public record HeatLog(
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("Start of the latest period that was judged.")
          String periodStart,
      @Size(max = 16) @JsonPropertyDescription("Steps that were ever hot.") List<StepLog> steps) {
    /// Puts the defaults in place of absent members.
    public HeatLog {
      steps = Absent.list(steps);
    }
  }

  /// The memory of a step of the heat ladder.
  @Wire
  public record StepLog(
      @Required @JsonPropertyDescription("The action of the step.") HeatAction action,
      @Required @JsonPropertyDescription("Which step with this action it is, from 0.")
          Integer ordinal,
      @Required @JsonPropertyDescription("Whether its action is in force.") Boolean inForce,
      @Text(Format.INSTANT) @JsonPropertyDescription("When that last changed.")
          @Nullable String since,
      @Text(Format.INSTANT) @JsonPropertyDescription("Since when heat is where that would change.")
          @Nullable String beyond) {}

  /// An action of the heat ladder that holds.
  @Wire
  public record ActiveAction(
      @Required @JsonPropertyDescription("The action.") HeatAction action,
      @Required @JsonPropertyDescription("Percent of heat of its rung.") Integer at,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Since when it holds.") String since,
      @Text(Format.INSTANT)
          @JsonPropertyDescription(
              "When it ends if heat stays as it is; absent while heat does not call for that.")
          @Nullable String until,
      @Text(Format.SENTENCE) @JsonPropertyDescription("The figures behind it.")
          @Nullable String message) {}

  /// What a ModelDeployment may run.
  @Wire
  public record Granted(
      @Required @Text(Format.NAME) @JsonPropertyDescription("The ModelDeployment.")
          String deployment,
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant that is to serve.")
          String variant,
      @Required
          @JsonPropertyDescription("Replicas that are paid for, at most; 0 while it is suspended.")
          Integer replicas,
      @Required @JsonPropertyDescription("How many more are paid for while the variant changes.")
          Integer surge,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars per hour that are set aside for all of them.")
          String burnRate,
      @Text(Format.INSTANT) @JsonPropertyDescription("When the variant last changed.")
          @Nullable String changed,
      @Text(Format.INSTANT) @JsonPropertyDescription("When replicas were last taken away.")
          @Nullable String lowered,
      @JsonPropertyDescription(
              "Seconds that this variant serves at least before a better one may: more after"
                  + " changes in quick succession.")
          @Nullable Long climbAfterSeconds,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          String reason,
      @Text(Format.SENTENCE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String message,
      @JsonPropertyDescription(
              "The decision that the message is of, with what it was chosen against.")
          @Nullable Explained explanation) {}

  /// Why a grant is what it is: figures of the decision that first told it. The trace of that
  /// instant gives them again.
  @Wire
  public record Explained(
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("When it was decided: the name of its trace.")
          String at,
      @Text(Format.SHORT) @JsonPropertyDescription("The variant that served; absent if none did.")
          @Nullable String from,
      @JsonPropertyDescription("How many rungs lower the heat ladder asks for; absent for none.")
          @Nullable Integer depth,
      @Required
          @Text(Format.SENTENCE)
          @JsonPropertyDescription("The constraint that kept a better candidate from being chosen.")
          String bindingConstraint,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour that it cost before.")
          @Nullable String burnRateBefore,
      @Text(Format.SHORT) @JsonPropertyDescription("Dollars per hour less than without the budget.")
          @Nullable String savedPerHour,
      @Text(Format.SHORT)
          @JsonPropertyDescription("Dollars less than without the budget until it ends.")
          @Nullable String saved,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When it is expected to end; absent if there is nothing to end.")
          @Nullable String until,
      @JsonPropertyDescription("What would serve without the budget; absent if nothing could.")
          @Nullable WithoutBudget withoutBudget,
      @Size(max = 16)
          @JsonPropertyDescription(
              "Every variant that was weighed, best first, at most 16. Absent where those of the"
                  + " other deployments fill the status.")
          List<Weighed> candidates) {
    /// Puts the defaults in place of absent members.
    public Explained {
      candidates = Absent.list(candidates);
    }
  }

  /// A variant that was weighed.
  @Wire
  public record Weighed(
      @Required @Text(Format.SHORT) @JsonPropertyDescription("The variant.") String variant,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Its pool.") String pool,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Its quality.") String quality,
      @Required @JsonPropertyDescription("Its replicas.") Integer replicas,
      @Text(Format.SHORT) @JsonPropertyDescription("What it costs in dollars per hour.")
          @Nullable String burnRate,
      @Text(Format.SHORT)
          @JsonPropertyDescription("Dollars per million tokens; absent while its speed is unknown.")
          @Nullable String cpm,
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Whether it keeps the promised latency: Met, Missed, Unknown or NotDeclared.")
          String slo,
      @Required
          @Text(Format.SENTENCE)
          @JsonPropertyDescription("Chosen, or what spoke against it, with numbers.")
          String verdict) {}

  /// What would serve without the budget.
  @Wire
  public record WithoutBudget(
      @Required @Text(Format.SHORT) @JsonPropertyDescription("The variant.") String variant,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Its pool.") String pool,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Its quality.") String quality,
      @Required @JsonPropertyDescription("Its replicas.") Integer replicas,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("What it costs in dollars per hour.")
          String burnRate) {}

  /// Replicas that may hold GPUs because they were granted.
  @Wire
  public record Committed(
      @Required @Text(Format.NAME) @JsonPropertyDescription("The ModelDeployment.")
          String deployment,
      @Required @Text(Format.VARIANT_NAME) @JsonPropertyDescription("The variant.") String variant,
      @Required @JsonPropertyDescription("How many are granted.") Integer replicas,
      @JsonPropertyDescription(
              "How many more were granted before and have not been seen to be gone.")
          @Nullable Integer going,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When a grant last fell; absent if none are going.")
          @Nullable String lowered) {}

  /// What other namespaces may charge.
  @Wire
  public record Allotted(
      @Required
          @Text(Format.INSTANT)
          @JsonPropertyDescription("First instant of the period that it is for.")
          String period,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars of charges in the period, settled and held, at most. It grows by slices when"
                  + " half of the last one is used, and is never lowered within the period.")
          String limit,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars that were charged when the limit was set.")
          String charged) {}

  /// What an hour of the day would run without the budget.
  @Wire
  public record HourlyNeed(
      @Required @JsonPropertyDescription("The hour of the day in UTC, 0 to 23.") Integer hour,
      @Required @JsonPropertyDescription("Thousandths of GPUs.") Long milliGpus,
      @JsonPropertyDescription(
              "Thousandths of GPUs that the demand takes before it is rounded up to replicas; absent"
                  + " where it was not measured.")
          @Nullable Long demandMilliGpus,
      @JsonPropertyDescription(
              "Thousandths of GPUs that the demand is off that on average while the hour lasts.")
          @Nullable Long swingMilliGpus) {}

  /// What requests of the namespace are told.
  @Wire
  public record Traffic(
      @JsonPropertyDescription("Whether work that can wait goes to the queue.")
          @Nullable Boolean queueBatch,
      @JsonPropertyDescription("Output tokens of a request, at most; absent: no cap.")
          @Nullable Long maxOutputTokens,
      @JsonPropertyDescription("Tokens a minute that are admitted; absent: no throttle.")
          @Nullable Long tokensPerMinute,
      @JsonPropertyDescription("Whether nothing is admitted.") @Nullable Boolean suspended,
      @Text(Format.SENTENCE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String why,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When it ends at the latest, if that is known.")
          @Nullable String until) {}

  /// The largest spenders, largest first.
  @Wire
  public record TopSpenders(
      @Keyed("name") @Size(max = 10) @JsonPropertyDescription("By feature.") List<Spender> features,
      @Keyed("name")
          @Size(max = 10)
          @JsonPropertyDescription(
              "By model deployment; NAMESPACE/NAME where it belongs to another namespace.")
          List<Spender> models) {
    /// Spenders of each kind that are shown.
    public static final int MOST = 10;

    /// Puts the defaults in place of absent members.
    public TopSpenders {
      features = Absent.list(features);
      models = Absent.list(models);
    }
  }

  /// A spender.
  @Wire
  public record Spender(
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Its name.") String name,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of charges in the period.")
          String spent,
      @JsonPropertyDescription("Requests that were charged in the period.") @Nullable Long requests,
      @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Dollars per request.")
          @Nullable String perRequest) {}

  /// What a feature has used, and what happens to its requests.
  @Wire
  public record FeatureUse(
      @Required @Text(Format.FEATURE) @JsonPropertyDescription("The feature.") String name,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars that it may be charged in the period; absent: no limit of its own.")
          @Nullable String amount,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars that it was charged in the period.")
          String spent,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars held for its running requests; absent without amount.")
          @Nullable String reserved,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Amount less spent and reserved; negative when exceeded; absent without amount.")
          @Nullable String left,
      @Required
          @JsonPropertyDescription(
              "What happens to its requests: Admit, Warn (its amount is used up, and the budget is"
                  + " Soft), Queue, Throttle, RefuseDowngraded or Refuse.")
          FeatureAction action,
      @JsonPropertyDescription(
              "Whether its amount is used up: charged whole or, of a Hard budget, all but less than"
                  + " what one of its requests costs on average.")
          @Nullable Boolean exhausted,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          String reason,
      @Text(Format.SENTENCE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String message,
      @Text(Format.INSTANT)
          @JsonPropertyDescription(
              "When that ends at the latest; absent if nothing happens or nobody knows.")
          @Nullable String until) {}

  /// Work that waits.
  @Wire
  public record BatchWork(
      @JsonPropertyDescription("Items that wait or run.") @Nullable Long queued,
      @Text(Format.INSTANT) @JsonPropertyDescription("The earliest deadline among them.")
          @Nullable String oldestDeadline,
      @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Dollars that the tariff has saved.")
          @Nullable String saved) {}

  /// A decision that changed something.
  @Wire
  public record Decided(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When.") String at,
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription("What changed: an action of the ladder or a ModelDeployment.")
          String subject,
      @Text(Format.SHORT) @JsonPropertyDescription("What was before.") @Nullable String from,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("What is since.") String to,
      @Text(Format.SHORT)
          @JsonPropertyDescription("Dollars per hour that it saves; negative where it costs more.")
          @Nullable String savedPerHour,
      @Text(Format.SHORT)
          @JsonPropertyDescription(
              "Dollars that it saves before it ends or the period does; negative where it"
                  + " costs more.")
          @Nullable String saved,
      @Text(Format.SENTENCE)
          @JsonPropertyDescription("What bound it; absent for actions of the ladder.")
          @Nullable String bindingConstraint,
      @Text(Format.SHORT) @JsonPropertyDescription("Why, as one word in CamelCase.")
          @Nullable String reason,
      @Text(Format.SENTENCE) @JsonPropertyDescription("Why, for people, with numbers.")
          @Nullable String why) {}
}
