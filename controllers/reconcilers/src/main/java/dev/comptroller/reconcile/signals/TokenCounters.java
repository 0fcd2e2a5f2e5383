package dev.comptroller.reconcile.signals;

import java.util.Optional;
import java.util.OptionalLong;

/// The tokens that one replica's engine has served since it started, by class.
///
/// @param input computed from prompts
/// @param cachedInput of prompts, not computed
/// @param output generated
public record TokenCounters(long input, long cachedInput, long output) {
  /// Before anything was served.
  public static final TokenCounters ZERO = new TokenCounters(0, 0, 0);

  /// The counters in `text`; nothing if they are missing or no whole numbers.
  public static Optional<TokenCounters> read(String text) {
    OptionalLong prompt = Exposition.counter(text, "vllm:prompt_tokens_total");
    OptionalLong output = Exposition.counter(text, "vllm:generation_tokens_total");
    if (prompt.isEmpty() || output.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong own = Exposition.counter(text, "comptroller_prompt_tokens_cached_total");
    OptionalLong cached =
        own.isPresent() ? own : Exposition.counter(text, "vllm:prefix_cache_hits_total");
    long hits = Math.clamp(cached.orElse(0), 0, prompt.getAsLong());
    return Optional.of(new TokenCounters(prompt.getAsLong() - hits, hits, output.getAsLong()));
  }

  /// What was served since `before`; all of it where the engine began anew.
  public TokenCounters since(TokenCounters before) {
    boolean anew =
        input < before.input || cachedInput < before.cachedInput || output < before.output;
    return anew
        ? this
        : new TokenCounters(
            input - before.input, cachedInput - before.cachedInput, output - before.output);
  }
}
