package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.engine.SamplingParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What chat and text completions ask for in the same words.
///
/// @param maxTokens the most tokens to generate; absent for what the context holds
/// @param topLogprobs alternatives of each token; absent when log-probabilities were not asked for
/// @param stream whether the answer comes in pieces
/// @param includeUsage whether a last piece tells the tokens
/// @param serviceTier the tier that was asked for
record GenerationOptions(
    OptionalInt maxTokens,
    double temperature,
    double topP,
    int topK,
    OptionalLong seed,
    double presencePenalty,
    double frequencyPenalty,
    List<String> stops,
    OptionalInt topLogprobs,
    Map<Integer, Double> logitBias,
    boolean ignoreEnd,
    boolean stream,
    boolean includeUsage,
    Optional<String> serviceTier) {
  private static final int MAX_STOPS = 4;
  private static final int MAX_STOP_LENGTH = 1000;
  private static final int MAX_BIASES = 1024;

  /// Reads the fields that both kinds of request have.
  ///
  /// @param topLogprobs how this kind of request asks for log-probabilities
  static GenerationOptions read(Fields fields, OptionalInt maxTokens, OptionalInt topLogprobs) {
    boolean stream = fields.flag("stream", false);
    boolean includeUsage = includeUsage(fields, stream);
    fields
        .find("n")
        .filter(n -> !(n.isIntegralNumber() && n.asLong() == 1))
        .ifPresent(
            n -> {
              throw Fields.wrong("n", "1: one completion for each request", n);
            });
    fields.ignore(
        "user",
        "metadata",
        "store",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention");
    return new GenerationOptions(
        maxTokens,
        fields.number("temperature", 0, 2, 1),
        topP(fields),
        fields.whole("top_k", -1, Integer.MAX_VALUE).orElse(0),
        fields.wholeLong("seed"),
        fields.number("presence_penalty", -2, 2, 0),
        fields.number("frequency_penalty", -2, 2, 0),
        stops(fields),
        topLogprobs,
        logitBias(fields),
        fields.flag("ignore_eos", false),
        stream,
        includeUsage,
        fields.text("service_tier"));
  }

  /// These as the engine takes them.
  SamplingParams sampling(int maxTokens, long seed) {
    return new SamplingParams(
        maxTokens,
        temperature,
        topP,
        Math.max(topK, 0),
        seed,
        this.seed.isPresent(),
        presencePenalty,
        frequencyPenalty,
        stops,
        topLogprobs.isPresent(),
        topLogprobs.orElse(0),
        logitBias,
        ignoreEnd);
  }

  private static double topP(Fields fields) {
    double topP = fields.number("top_p", 0, 1, 1);
    return topP == 0 ? Double.MIN_NORMAL : topP;
  }

  private static boolean includeUsage(Fields fields, boolean stream) {
    Optional<JsonNode> options = fields.find("stream_options");
    if (options.isEmpty()) {
      return false;
    }
    if (!stream) {
      throw new ApiException(
          ApiError.invalid(
              "stream_options", "'stream_options' needs 'stream': true; remove it or stream"));
    }
    Fields inner = Fields.of(options.get(), "stream_options");
    boolean include = inner.flag("include_usage", false);
    inner.ignore("include_obfuscation");
    inner.refuseOthers();
    return include;
  }

  private static List<String> stops(Fields fields) {
    Optional<JsonNode> value = fields.find("stop");
    if (value.isEmpty()) {
      return List.of();
    }
    JsonNode stop = value.get();
    if (stop.isTextual()) {
      return List.of(stop(stop, "stop"));
    }
    if (!stop.isArray()) {
      throw Fields.wrong("stop", "a string or an array of up to 4 strings", stop);
    }
    if (stop.size() > MAX_STOPS) {
      throw new ApiException(
          ApiError.invalid("stop", "'stop' has " + stop.size() + " strings; the most is 4"));
    }
    var stops = new ArrayList<String>();
    for (int i = 0; i < stop.size(); i++) {
      stops.add(stop(stop.get(i), "stop[" + i + "]"));
    }
    return stops;
  }

  private static String stop(JsonNode node, String name) {
    if (!node.isTextual()) {
      throw Fields.wrong(name, "a string", node);
    }
    String stop = node.textValue();
    if (stop.isEmpty() || stop.length() > MAX_STOP_LENGTH) {
      throw new ApiException(
          ApiError.invalid(
              name,
              "'%s' must have 1 to %d characters, has %d"
                  .formatted(name, MAX_STOP_LENGTH, stop.length())));
    }
    return stop;
  }

  private static Map<Integer, Double> logitBias(Fields fields) {
    Optional<JsonNode> value = fields.find("logit_bias");
    if (value.isEmpty()) {
      return Map.of();
    }
    Fields inner = Fields.of(value.get(), "logit_bias");
    if (value.get().size() > MAX_BIASES) {
      throw new ApiException(
          ApiError.invalid(
              "logit_bias",
              "'logit_bias' has %d tokens; the most is %d"
                  .formatted(value.get().size(), MAX_BIASES)));
    }
    var biases = new HashMap<Integer, Double>();
    for (Map.Entry<String, JsonNode> entry : value.get().properties()) {
      if (!entry.getKey().matches("[0-9]{1,9}")) {
        throw new ApiException(
            ApiError.invalid(
                "logit_bias", "a key of 'logit_bias' must be a token id, is " + entry.getKey()));
      }
      biases.put(Integer.parseInt(entry.getKey()), inner.number(entry.getKey(), -100, 100, 0));
    }
    return biases;
  }
}
