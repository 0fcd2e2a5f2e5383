package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;

/// How much money is held for a request before it runs, for each class of requests.
@Wire
public record AdmissionPolicy(
    @Default("{}") @JsonPropertyDescription("The way of holding for each class.")
        HoldByClass hold) {
  /// Puts the defaults in place of absent members.
  public AdmissionPolicy {
    hold = Absent.or(hold, HoldByClass.DEFAULT);
  }

  static final AdmissionPolicy DEFAULT = new AdmissionPolicy(HoldByClass.DEFAULT);
}
