package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;

/// The way of holding money for each class of requests.
@Wire
public record HoldByClass(
    @Default("Sliced")
        @JsonPropertyDescription("For requests that a person waits for. Default Sliced.")
        Hold interactive,
    @Default("Sliced") @JsonPropertyDescription("For batch requests. Default Sliced.") Hold batch) {
  /// Puts the defaults in place of absent members.
  public HoldByClass {
    interactive = Absent.or(interactive, Hold.SLICED);
    batch = Absent.or(batch, Hold.SLICED);
  }

  static final HoldByClass DEFAULT = new HoldByClass(Hold.SLICED, Hold.SLICED);
}
