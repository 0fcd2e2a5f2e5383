package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/// Answering on a small variant first.
@Wire
public record Cascade(
    @Default("false")
        @JsonPropertyDescription(
            "Whether requests start on the lowest rung at or above qualityFloor. Default false.")
        Boolean enabled,
    @Min(0)
        @Max(100)
        @Default("80")
        @JsonPropertyDescription(
            "Percent of confidence under which a request escalates. The operator moves"
                + " it from here to hit targetCpm. Default 80.")
        Integer confidence) {
  /// Puts the defaults in place of absent members.
  public Cascade {
    enabled = Absent.or(enabled, false);
    confidence = Absent.or(confidence, 80);
  }

  static final Cascade DEFAULT = new Cascade(false, 80);
}
