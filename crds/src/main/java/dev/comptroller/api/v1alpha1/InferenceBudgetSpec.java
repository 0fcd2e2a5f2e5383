package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The money of a namespace.
@JsonClassDescription("The money of the namespace.")
@Wire
@ValidationRule(
    value = "!has(self.heat) || self.heat.map(h, h.at).isSorted()",
    message =
        "heat must be ordered coolest first: no rung may have a lower at than the one before it")
@ValidationRule(
    value =
        "!has(self.features) || !isQuantity(self.amount) || self.features.all(f,"
            + " !has(f.amount) || !isQuantity(f.amount) ||"
            + " quantity(f.amount).compareTo(quantity(self.amount)) <= 0)",
    message = "amount of a feature must not exceed the amount of the budget")
public record InferenceBudgetSpec(
    @Required
        @Text(Format.DOLLARS)
        @JsonPropertyDescription(
            "Dollars that the namespace may spend in one period, such as \"120.00\".")
        String amount,
    @Required
        @JsonPropertyDescription(
            "The calendar period that the amount is for: Hour, Day, Week or Month, in timeZone.")
        Period period,
    @Text(Format.TIME_ZONE)
        @Default("UTC")
        @JsonPropertyDescription(
            "IANA time zone of the period, such as Europe/Berlin. Default UTC.")
        String timeZone,
    @Default("Hard")
        @JsonPropertyDescription(
            "Hard: spending stops before the amount is exceeded. Soft: it goes on and"
                + " is reported. Default Hard.")
        Enforcement enforcement,
    @Default("Enforce")
        @JsonPropertyDescription(
            "Enforce, or Observe: report what would be done and do nothing. Default Enforce.")
        Mode mode,
    @Size(max = 16)
        @JsonPropertyDescription(
            "The heat ladder: what happens as the budget runs hotter, coolest first."
                + " Empty: nothing but the enforcement.")
        List<HeatRung> heat,
    @Keyed("name")
        @Size(max = 64)
        @JsonPropertyDescription(
            "Features of the namespace with money or a priority of their own. Requests"
                + " of others share what is left.")
        List<Feature> features) {
  /// Puts the defaults in place of absent members.
  public InferenceBudgetSpec {
    timeZone = Absent.or(timeZone, "UTC");
    enforcement = Absent.or(enforcement, Enforcement.HARD);
    mode = Absent.or(mode, Mode.ENFORCE);
    heat = Absent.list(heat);
    features = Absent.list(features);
  }

  /// One rung of the heat ladder.
  @Wire
  @ValidationRule(
      value = "!has(self.release) || self.release < self.at",
      message = "release must be below at, else the action would flap")
  @ValidationRule(
      value =
          "self.action != 'CapOutput' || (has(self.parameters) &&"
              + " has(self.parameters.maxOutputTokens))",
      message = "action CapOutput needs parameters.maxOutputTokens")
  @ValidationRule(
      value =
          "self.action != 'Throttle' || (has(self.parameters) &&"
              + " has(self.parameters.tokensPerMinute))",
      message = "action Throttle needs parameters.tokensPerMinute")
  @ValidationRule(
      value = "!has(self.parameters) || self.action in ['CapOutput', 'Throttle']",
      message = "parameters belong to actions CapOutput and Throttle only")
  public record HeatRung(
      @Required
          @Min(1)
          @Max(1000)
          @JsonPropertyDescription("Percent of heat from which the action is taken.")
          Integer at,
      @JsonPropertyDescription("Spent or Forecast. Absent: the larger of both.")
          @Nullable HeatSource of,
      @Required
          @JsonPropertyDescription(
              "What is done: Warn, QueueBatch, CapOutput, Downgrade, Throttle or Suspend.")
          HeatAction action,
      @JsonPropertyDescription("Numbers of the action; CapOutput and Throttle need them.")
          @Nullable HeatParameters parameters,
      @Text(Format.DURATION)
          @Default("5m")
          @JsonPropertyDescription(
              "How long heat must stay on one side before the action is taken or"
                  + " ended. Default 5m.")
          String dwell,
      @Min(0)
          @Max(999)
          @JsonPropertyDescription(
              "Percent of heat under which the action ends; below at. Absent: 5 below at.")
          @Nullable Integer release) {
    /// Puts the defaults in place of absent members.
    public HeatRung {
      dwell = Absent.or(dwell, "5m");
    }
  }

  /// Numbers of an action.
  @Wire
  public record HeatParameters(
      @Min(1)
          @Max(10485760)
          @JsonPropertyDescription("CapOutput: output tokens of one request, at most.")
          @Nullable Integer maxOutputTokens,
      @Min(1)
          @Max(1e12)
          @JsonPropertyDescription(
              "Throttle: tokens a minute that the namespace is admitted, input and"
                  + " output together.")
          @Nullable Long tokensPerMinute) {}

  /// A feature of the namespace.
  @Wire
  public record Feature(
      @Required
          @Text(Format.FEATURE)
          @JsonPropertyDescription("Name of the feature, as requests give it.")
          String name,
      @Text(Format.DOLLARS)
          @JsonPropertyDescription(
              "Dollars of the period that the feature may spend; at most the budget's"
                  + " amount. Absent: no limit of its own.")
          @Nullable String amount,
      @Min(0)
          @Max(1000)
          @Default("100")
          @JsonPropertyDescription(
              "Which features are admitted when money runs short: higher first. Default 100.")
          Integer priority,
      @Default("false")
          @JsonPropertyDescription(
              "Whether it may send batch requests: service_tier flex or batch, and /v1/batches; and"
                  + " wait where heat queues such work. Default false.")
          Boolean batchEligible,
      @Default("true")
          @JsonPropertyDescription("Whether a lower variant may answer it. Default true.")
          Boolean downgradeAllowed) {
    /// Puts the defaults in place of absent members.
    public Feature {
      priority = Absent.or(priority, 100);
      batchEligible = Absent.or(batchEligible, false);
      downgradeAllowed = Absent.or(downgradeAllowed, true);
    }
  }
}
