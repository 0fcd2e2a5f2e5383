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

/// Limits of the batcher of one replica.
@Wire
@ValidationRule(
    value = "self.maxBatchedTokens >= self.maxSequences",
    message =
        "maxBatchedTokens must be at least maxSequences, since every running request"
            + " needs one token a step")
public record Batching(
    @Min(1)
        @Max(4096)
        @Default("16")
        @JsonPropertyDescription("Requests that run at once. Default 16.")
        Integer maxSequences,
    @Min(1)
        @Max(1048576)
        @Default("512")
        @JsonPropertyDescription(
            "Tokens that one step computes, over all its requests. At least"
                + " maxSequences. Default 512.")
        Integer maxBatchedTokens,
    @Min(0)
        @Max(100000)
        @Default("64")
        @JsonPropertyDescription(
            "Requests that wait for a slot; the next one is answered 429. Default 64.")
        Integer maxQueued,
    @Text(Format.DURATION)
        @JsonPropertyDescription(
            "The longest that an interactive request is expected to wait for a slot; one that would"
                + " wait longer is answered 429 at once. Half of slo.timeToFirstToken keeps the"
                + " others in time when more comes than is served, and where all variants have no"
                + " more than that, replicas are fuller. Absent: maxQueued alone bounds the queue.")
        @Nullable String maxQueueTime) {
  /// Puts the defaults in place of absent members.
  public Batching {
    maxSequences = Absent.or(maxSequences, 16);
    maxBatchedTokens = Absent.or(maxBatchedTokens, 512);
    maxQueued = Absent.or(maxQueued, 64);
  }

  static final Batching DEFAULT = new Batching(16, 512, 64, null);
}
