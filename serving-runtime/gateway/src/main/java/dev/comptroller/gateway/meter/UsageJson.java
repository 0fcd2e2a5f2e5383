package dev.comptroller.gateway.meter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/// Reads the engine's own token counts, in OpenAI's `usage` shape or in that of the runtime's
/// usage comment.
final class UsageJson {
  /// No context is this long: a larger number is garbage and must not reach a bill.
  private static final long MOST = 100_000_000;

  private UsageJson() {}

  /// The counts in an object; empty if it is not one or its numbers are impossible.
  static Optional<Usage> read(JsonNode usage) {
    JsonNode prompt = usage.path("prompt_tokens");
    JsonNode completion = usage.path("completion_tokens");
    if (!prompt.canConvertToLong()) {
      return Optional.empty();
    }
    JsonNode cached = usage.path("cached_tokens");
    if (cached.isMissingNode()) {
      cached = usage.path("prompt_tokens_details").path("cached_tokens");
    }
    long in = prompt.asLong();
    long out = completion.asLong(0);
    long hit = cached.asLong(0);
    return in < 0 || out < 0 || hit < 0 || hit > in || in > MOST || out > MOST
        ? Optional.empty()
        : Optional.of(new Usage(in, hit, out, false));
  }
}
