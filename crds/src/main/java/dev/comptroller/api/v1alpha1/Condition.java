package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/// One condition of a resource, by the Kubernetes API conventions.
@Wire
public record Condition(
    @Required
        @Text(Format.SHORT)
        @JsonPropertyDescription("Type of the condition, such as Ready. One entry per type.")
        String type,
    @Required @Text(Format.SHORT) @JsonPropertyDescription("True, False or Unknown.") String status,
    @Required
        @Text(Format.SHORT)
        @JsonPropertyDescription("Why, as one word in CamelCase that programs may rely on.")
        String reason,
    @Required
        @Text(Format.MESSAGE)
        @JsonPropertyDescription("Why, for people, with the numbers behind it.")
        String message,
    @JsonPropertyDescription("Generation of the resource that the condition was computed from.")
        @Nullable Long observedGeneration,
    @Required
        @Text(Format.INSTANT)
        @JsonPropertyDescription(
            "When the status last changed; it stays when only the reason or message does.")
        String lastTransitionTime) {}
