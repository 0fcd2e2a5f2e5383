package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.StepSample;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// What one engine has computed since it started, as scraped: what a step's cost is learned from.
///
/// The bundled runtime counts its steps. Other engines of vLLM's names do not; there they follow
/// from latencies: a sequence that decodes gets one token a step, so the mean latency between
/// tokens is that of a step, and the sum of those latencies over time is how many decode at once.
///
/// @param at when it was read
/// @param steps the runtime's own count of steps; absent if it does not count them
/// @param promptTokens prompt tokens, cached ones included
/// @param cachedTokens of those, tokens that were not computed
/// @param generatedTokens tokens generated
/// @param betweenSeconds sum of latencies from token to token
/// @param between how many of them
/// @param firstSeconds sum of times to the first token
/// @param firsts how many of them
/// @param queueSeconds sum of times that requests waited
/// @param running requests that run now
/// @param kvTokens tokens in the cache now; absent if its size is not told
/// @param kvCapacity tokens that it holds; absent if that is not told
record EngineCounters(
    Instant at,
    @Nullable Steps steps,
    double promptTokens,
    double cachedTokens,
    double generatedTokens,
    double betweenSeconds,
    double between,
    double firstSeconds,
    double firsts,
    double queueSeconds,
    double running,
    @Nullable Double kvTokens,
    @Nullable Double kvCapacity) {
  /// Scrapes that are nearer to each other say little.
  static final Duration LEAST = Duration.ofMillis(500);

  private static final Duration MOST = Duration.ofMinutes(2);

  /// Steps as the bundled runtime counts them.
  record Steps(double count, double roots, double tokens, double kvTokens, double seconds) {}

  /// What happened between two scrapes.
  ///
  /// @param step the mean step; absent if nothing certain can be said of it
  /// @param sequences how many were served at once, on average
  /// @param requests that got their first token
  /// @param promptTokens of prompts
  /// @param cachedTokens of those, not computed
  /// @param generatedTokens generated
  /// @param firstSeconds mean time from a request's start to its first token, waiting left out;
  ///   absent without requests
  record Interval(
      @Nullable StepSample step,
      double sequences,
      double requests,
      double promptTokens,
      double cachedTokens,
      double generatedTokens,
      @Nullable Double firstSeconds) {}

  /// Reads `text`; nothing if the token counters are missing or no numbers.
  static Optional<EngineCounters> read(Instant at, String text) {
    Map<String, Double> sums = Exposition.sums(text);
    Double prompt = sums.get("vllm:prompt_tokens_total");
    Double generated = sums.get("vllm:generation_tokens_total");
    Double running = sums.get("vllm:num_requests_running");
    if (prompt == null || generated == null || running == null) {
      return Optional.empty();
    }
    Double capacity = capacity(text);
    Double usage = sums.get("vllm:kv_cache_usage_perc");
    if (usage == null) {
      usage = sums.get("vllm:gpu_cache_usage_perc");
    }
    Double cached = sums.get("comptroller_prompt_tokens_cached_total");
    if (cached == null) {
      cached = sums.getOrDefault("vllm:prefix_cache_hits_total", 0.0);
    }
    String between =
        sums.containsKey("vllm:inter_token_latency_seconds_count")
            ? "vllm:inter_token_latency_seconds"
            : "vllm:time_per_output_token_seconds";
    return Optional.of(
        new EngineCounters(
            at,
            steps(sums),
            prompt,
            cached,
            generated,
            sums.getOrDefault(between + "_sum", 0.0),
            sums.getOrDefault(between + "_count", 0.0),
            sums.getOrDefault("vllm:time_to_first_token_seconds_sum", 0.0),
            sums.getOrDefault("vllm:time_to_first_token_seconds_count", 0.0),
            sums.getOrDefault("vllm:request_queue_time_seconds_sum", 0.0),
            running,
            capacity == null || usage == null ? null : Double.valueOf(capacity * usage),
            capacity));
  }

  private static @Nullable Steps steps(Map<String, Double> sums) {
    Double count = sums.get("comptroller_step_tokens_count");
    Double tokens = sums.get("comptroller_step_tokens_sum");
    Double roots = sums.get("comptroller_step_root_sequences_total");
    Double kv = sums.get("comptroller_step_kv_tokens_total");
    Double seconds = sums.get("comptroller_step_seconds_total");
    return count == null || tokens == null || roots == null || kv == null || seconds == null
        ? null
        : new Steps(count, roots, tokens, kv, seconds);
  }

  private static @Nullable Double capacity(String text) {
    OptionalDouble block = Exposition.label(text, "vllm:cache_config_info", "block_size");
    OptionalDouble blocks = Exposition.label(text, "vllm:cache_config_info", "num_gpu_blocks");
    return block.isPresent() && blocks.isPresent()
        ? Double.valueOf(block.getAsDouble() * blocks.getAsDouble())
        : null;
  }

  /// What happened since `before`; nothing if the engine began anew in between, or if the scrapes
  /// are too near to each other or too far apart.
  Optional<Interval> since(EngineCounters before) {
    Duration apart = Duration.between(before.at, at);
    double seconds = apart.toNanos() / 1e9;
    double prompt = promptTokens - before.promptTokens;
    double generated = generatedTokens - before.generatedTokens;
    double requests = firsts - before.firsts;
    double latency = betweenSeconds - before.betweenSeconds;
    double tokens = between - before.between;
    boolean anew = prompt < 0 || generated < 0 || requests < 0 || latency < 0 || tokens < 0;
    if (anew || apart.compareTo(LEAST) < 0 || apart.compareTo(MOST) > 0) {
      return Optional.empty();
    }
    double cached = Math.clamp(cachedTokens - before.cachedTokens, 0, prompt);
    @Nullable Double first = null;
    if (requests >= 1) {
      double waited = Math.max(0, queueSeconds - before.queueSeconds);
      first = Math.max(0, firstSeconds - before.firstSeconds - waited) / requests;
    }
    @Nullable StepSample step =
        steps != null && before.steps != null
            ? counted(steps, before.steps)
            : derived(before, seconds, prompt - cached + generated, latency, tokens);
    return Optional.of(
        new Interval(
            step,
            step == null ? 0 : step.rootSequences() * step.rootSequences(),
            requests,
            prompt,
            cached,
            generated,
            first));
  }

  private static @Nullable StepSample counted(Steps now, Steps before) {
    double count = now.count() - before.count();
    if (count < 1) {
      return null;
    }
    StepSample sample =
        new StepSample(
            count,
            (now.roots() - before.roots()) / count,
            (now.tokens() - before.tokens()) / count,
            (now.kvTokens() - before.kvTokens()) / count,
            (now.seconds() - before.seconds()) / count);
    return sample.isSound() ? sample : null;
  }

  /// The mean step by latencies. An engine that was idle for a while in between would seem slow or
  /// empty, so that requests must run at both ends.
  private @Nullable StepSample derived(
      EngineCounters before, double seconds, double computed, double latency, double tokens) {
    if (running < 1 || before.running < 1 || tokens < 1 || latency <= 0) {
      return null;
    }
    double step = latency / tokens;
    double steps = seconds / step;
    double sequences = latency / seconds;
    double kv = kvTokens != null && before.kvTokens != null ? (kvTokens + before.kvTokens) / 2 : 0;
    StepSample sample = new StepSample(steps, Math.sqrt(sequences), computed / steps, kv, step);
    return sample.isSound() ? sample : null;
  }
}
