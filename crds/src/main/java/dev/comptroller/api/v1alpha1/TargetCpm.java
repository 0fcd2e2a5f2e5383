package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/// A goal for the full cost per million tokens.
@Wire
@ValidationRule(
    value =
        "!self.window.matches('^([0-9]{1,6}(ms|s|m|h))+$') || duration(self.window) <="
            + " duration('168h')",
    message = "window must be at most 168h")
public record TargetCpm(
    @Required
        @Text(Format.DOLLARS)
        @JsonPropertyDescription("Dollars per million tokens, such as \"0.25\".")
        String dollars,
    @Text(Format.DURATION)
        @Default("1h")
        @JsonPropertyDescription(
            "Sliding window that cost and tokens are counted over. Default 1h, at most 168h.")
        String window,
    @Min(1)
        @Max(1e12)
        @Default("10000")
        @JsonPropertyDescription(
            "Tokens that must lie in the window before the goal is judged. Default 10000.")
        Long minimumTokens) {
  /// Puts the defaults in place of absent members.
  public TargetCpm {
    window = Absent.or(window, "1h");
    minimumTokens = Absent.or(minimumTokens, 10_000L);
  }
}
