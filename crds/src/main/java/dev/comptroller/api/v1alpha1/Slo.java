package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/// The latency that users are promised.
@Wire
@ValidationRule(
    value = "has(self.timeToFirstToken) || has(self.timePerOutputToken)",
    message = "slo needs timeToFirstToken, timePerOutputToken or both")
public record Slo(
    @Text(Format.DURATION)
        @JsonPropertyDescription("Largest time to the first token, such as 500ms.")
        @Nullable String timeToFirstToken,
    @Text(Format.DURATION)
        @JsonPropertyDescription("Largest mean time between output tokens, such as 50ms.")
        @Nullable String timePerOutputToken,
    @Min(1)
        @Max(100)
        @Default("99")
        @JsonPropertyDescription("Percent of requests that must keep both. Default 99.")
        Integer attainment) {
  /// Puts the defaults in place of absent members.
  public Slo {
    attainment = Absent.or(attainment, 99);
  }
}
