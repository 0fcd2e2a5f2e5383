package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Distinct;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/// Work that may wait, at a lower price.
@Wire
@ValidationRule(
    value =
        "!self.completionWindow.matches('^([0-9]{1,6}(ms|s|m|h))+$') ||"
            + " duration(self.completionWindow) <= duration('168h')",
    message = "completionWindow must be at most 168h")
public record Batch(
    @Min(1)
        @Max(100)
        @Default("50")
        @JsonPropertyDescription("Percent of the posted price that batch requests pay. Default 50.")
        Integer tariff,
    @Text(Format.DURATION)
        @Default("24h")
        @JsonPropertyDescription(
            "Time within which a batch is done; money is given back where it is"
                + " missed. Default 24h, at most 168h.")
        String completionWindow,
    @Distinct
        @Size(min = 1, max = 3)
        @Default("[\"Idle\",\"Spot\",\"OnDemand\"]")
        @JsonPropertyDescription(
            "Where batches may run, cheapest first. With Idle alone no replica is started to keep"
                + " a window. Default Idle, Spot and OnDemand.")
        List<BatchCapacity> capacity,
    @Distinct
        @Size(max = 64)
        @Text(Format.FEATURE)
        @JsonPropertyDescription(
            "Features that may send batches. Empty: all but those that their budget names without"
                + " batchEligible.")
        List<String> features) {
  /// Puts the defaults in place of absent members.
  public Batch {
    tariff = Absent.or(tariff, 50);
    completionWindow = Absent.or(completionWindow, "24h");
    capacity = List.copyOf(Absent.or(capacity, List.of(BatchCapacity.values())));
    features = Absent.list(features);
  }
}
