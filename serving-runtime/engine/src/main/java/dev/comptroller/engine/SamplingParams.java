package dev.comptroller.engine;

import java.util.List;
import java.util.Map;

/// How a completion's tokens are chosen and when it stops.
///
/// @param maxTokens the most tokens to generate, at least 1
/// @param temperature 0 takes the likeliest token always; up to 2
/// @param topP the smallest set of likeliest tokens whose probability reaches this; (0, 1]
/// @param topK only this many likeliest tokens; 0 for all
/// @param seed start of the request's own random numbers; equal seeds give equal choices
/// @param seeded whether who asks chose the seed, and so counts on that
/// @param presencePenalty taken off the logit of every token that was generated already; -2 to 2
/// @param frequencyPenalty taken off once for every time it was generated; -2 to 2
/// @param stops texts that end the completion and are not part of it; at most 16
/// @param logprobs whether tokens carry their log-probabilities
/// @param topLogprobs how many alternatives each token carries then; 0 to 20
/// @param logitBias added to the logits of these tokens; -100 to 100
/// @param ignoreEnd go on after end-of-text tokens until `maxTokens`; for measurements
public record SamplingParams(
    int maxTokens,
    double temperature,
    double topP,
    int topK,
    long seed,
    boolean seeded,
    double presencePenalty,
    double frequencyPenalty,
    List<String> stops,
    boolean logprobs,
    int topLogprobs,
    Map<Integer, Double> logitBias,
    boolean ignoreEnd) {
  public SamplingParams {
    require(maxTokens >= 1, "maxTokens", maxTokens, "1 or more");
    require(temperature >= 0 && temperature <= 2, "temperature", temperature, "0 to 2");
    require(topP > 0 && topP <= 1, "topP", topP, "above 0, up to 1");
    require(topK >= 0, "topK", topK, "0 (all) or more");
    require(within(presencePenalty, 2), "presencePenalty", presencePenalty, "-2 to 2");
    require(within(frequencyPenalty, 2), "frequencyPenalty", frequencyPenalty, "-2 to 2");
    require(stops.size() <= 16, "stops", stops.size() + " texts", "at most 16 texts");
    require(stops.stream().noneMatch(String::isEmpty), "stops", "an empty text", "non-empty texts");
    require(topLogprobs >= 0 && topLogprobs <= 20, "topLogprobs", topLogprobs, "0 to 20");
    logitBias.forEach(
        (token, bias) ->
            require(within(bias, 100), "logitBias[" + token + "]", bias, "-100 to 100"));
    stops = List.copyOf(stops);
    logitBias = Map.copyOf(logitBias);
  }

  /// The likeliest token always, up to a number of tokens.
  public static SamplingParams greedy(int maxTokens) {
    return new SamplingParams(
        maxTokens, 0, 1, 0, 0, false, 0, 0, List.of(), false, 0, Map.of(), false);
  }

  /// These with another limit of tokens.
  public SamplingParams withMaxTokens(int maxTokens) {
    Draft draft = new Draft(this);
    draft.maxTokens = maxTokens;
    return draft.done();
  }

  /// These with another temperature, top-p, top-k and seed.
  public SamplingParams withRandomness(double temperature, double topP, int topK, long seed) {
    Draft draft = new Draft(this);
    draft.temperature = temperature;
    draft.topP = topP;
    draft.topK = topK;
    draft.seed = seed;
    draft.seeded = true;
    return draft.done();
  }

  /// These with other penalties and biases.
  public SamplingParams withPenalties(
      double presencePenalty, double frequencyPenalty, Map<Integer, Double> logitBias) {
    Draft draft = new Draft(this);
    draft.presencePenalty = presencePenalty;
    draft.frequencyPenalty = frequencyPenalty;
    draft.logitBias = logitBias;
    return draft.done();
  }

  /// These with stop texts.
  public SamplingParams withStops(List<String> stops) {
    Draft draft = new Draft(this);
    draft.stops = stops;
    return draft.done();
  }

  /// These with log-probabilities and a number of alternatives for each token.
  public SamplingParams withLogprobs(int topLogprobs) {
    Draft draft = new Draft(this);
    draft.logprobs = true;
    draft.topLogprobs = topLogprobs;
    return draft.done();
  }

  /// These, going on past end-of-text tokens.
  public SamplingParams ignoringEnd() {
    Draft draft = new Draft(this);
    draft.ignoreEnd = true;
    return draft.done();
  }

  private static boolean within(double value, double bound) {
    return value >= -bound && value <= bound;
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(field + " is " + value + "; allowed: " + allowed);
    }
  }

  /// Parameters that are being changed.
  private static final class Draft {
    int maxTokens;
    double temperature;
    double topP;
    int topK;
    long seed;
    boolean seeded;
    double presencePenalty;
    double frequencyPenalty;
    List<String> stops;
    boolean logprobs;
    int topLogprobs;
    Map<Integer, Double> logitBias;
    boolean ignoreEnd;

    Draft(SamplingParams from) {
      this.maxTokens = from.maxTokens;
      this.temperature = from.temperature;
      this.topP = from.topP;
      this.topK = from.topK;
      this.seed = from.seed;
      this.seeded = from.seeded;
      this.presencePenalty = from.presencePenalty;
      this.frequencyPenalty = from.frequencyPenalty;
      this.stops = from.stops;
      this.logprobs = from.logprobs;
      this.topLogprobs = from.topLogprobs;
      this.logitBias = from.logitBias;
      this.ignoreEnd = from.ignoreEnd;
    }

    SamplingParams done() {
      return new SamplingParams(
          maxTokens,
          temperature,
          topP,
          topK,
          seed,
          seeded,
          presencePenalty,
          frequencyPenalty,
          stops,
          logprobs,
          topLogprobs,
          logitBias,
          ignoreEnd);
    }
  }
}
