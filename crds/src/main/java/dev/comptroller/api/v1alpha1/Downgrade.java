package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;

/// What may happen to the deployment when its budget runs hot or its target is missed.
@Wire
@ValidationRule(
    value = "!self.breakBeforeMake || self.allowed",
    message = "breakBeforeMake has no effect unless downgrade is allowed")
public record Downgrade(
    @Default("true")
        @JsonPropertyDescription("Whether a lower rung of the ladder may serve. Default true.")
        Boolean allowed,
    @Default("false")
        @JsonPropertyDescription(
            "Whether the old variant may be drained before the new one is ready, where"
                + " GPUs do not suffice for both. Default false.")
        Boolean breakBeforeMake,
    @Default("true")
        @JsonPropertyDescription(
            "Whether the deployment may go to zero replicas when its money is gone. Default true.")
        Boolean suspend,
    @Default("false")
        @JsonPropertyDescription(
            "Whether a variant may stand in for a better one that costs less per hour for what is"
                + " asked for, such as in a dearer pool when the cheaper one has no GPUs. Default"
                + " false.")
        Boolean pricierFallback) {
  /// Puts the defaults in place of absent members.
  public Downgrade {
    allowed = Absent.or(allowed, true);
    breakBeforeMake = Absent.or(breakBeforeMake, false);
    suspend = Absent.or(suspend, true);
    pricierFallback = Absent.or(pricierFallback, false);
  }

  static final Downgrade DEFAULT = new Downgrade(true, false, true, false);
}
