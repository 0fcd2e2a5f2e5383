package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Distinct;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A namespace that may call the deployment.
@Wire
public record Grant(
    @Required @Text(Format.NAME) @JsonPropertyDescription("The namespace that may call.")
        String namespace,
    @Distinct
        @Size(max = 64)
        @Text(Format.FEATURE)
        @JsonPropertyDescription("Its features that may call. Empty: all.")
        List<String> features,
    @Text(Format.DOLLARS)
        @JsonPropertyDescription(
            "Dollars of charges an hour, at most. Absent: the caller's own budget alone.")
        @Nullable String maxHourlySpend) {
  /// Puts the defaults in place of absent members.
  public Grant {
    features = Absent.list(features);
  }
}
