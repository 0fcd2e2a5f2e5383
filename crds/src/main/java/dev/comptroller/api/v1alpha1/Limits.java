package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/// Limits of one request.
@Wire
public record Limits(
    @Min(1)
        @Max(10485760)
        @JsonPropertyDescription(
            "Input tokens, at most; a longer prompt is refused. Absent: the context length.")
        @Nullable Integer maxInputTokens,
    @Min(1)
        @Max(10485760)
        @JsonPropertyDescription(
            "Output tokens, at most; a longer answer ends with finish_reason length."
                + " Absent: the context length.")
        @Nullable Integer maxOutputTokens) {}
