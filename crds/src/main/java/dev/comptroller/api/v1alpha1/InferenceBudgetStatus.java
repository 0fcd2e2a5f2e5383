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
        @JsonPropertyDescription("Dollars expected to be spent by the end of the period.")
        @Nullable String forecast,
    @Text(Format.SHORT) @JsonPropertyDescription("How the forecast was made, such as Linear.")
        @Nullable String forecastModel,
    @Text(Format.INSTANT)
        @JsonPropertyDescription(
            "When the money ends at the present rate; absent when it lasts the period.")
        @Nullable String exhaustsAt,
    @JsonPropertyDescription("Percent: the larger of spent and forecast, as a share of the amount.")
        @Nullable Integer heat,
    @Size(max = 16) @JsonPropertyDescription("Actions of the heat ladder that hold now.")
        List<ActiveAction> activeActions,
    @JsonPropertyDescription("Who spends most in the period.") @Nullable TopSpenders topSpenders) {
  /// Puts the defaults in place of absent members.
  public InferenceBudgetStatus {
    conditions = Absent.list(conditions);
    activeActions = Absent.list(activeActions);
  }

  /// A period as instants.
  @Wire
  public record CurrentPeriod(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Its first instant.") String start,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("The first instant after it.")
          String end) {}

  /// An action of the heat ladder that holds.
  @Wire
  public record ActiveAction(
      @Required @JsonPropertyDescription("The action.") HeatAction action,
      @Required @JsonPropertyDescription("Percent of heat of its rung.") Integer at,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Since when it holds.")
          String since) {}

  /// The largest spenders, largest first.
  @Wire
  public record TopSpenders(
      @Keyed("name") @Size(max = 10) @JsonPropertyDescription("By feature.") List<Spender> features,
      @Keyed("name") @Size(max = 10) @JsonPropertyDescription("By model deployment.")
          List<Spender> models) {
    /// Puts the defaults in place of absent members.
    public TopSpenders {
      features = Absent.list(features);
      models = Absent.list(models);
    }
  }

  /// A spender.
  @Wire
  public record Spender(
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String name,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars it spent in the period.")
          String spent) {}
}
