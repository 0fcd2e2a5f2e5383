package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.TokenIds;
import java.util.OptionalInt;

/// A request to go on with a text.
record TextRequest(String model, Prompt prompt, GenerationOptions options) {
  private static final int DEFAULT_MAX_TOKENS = 16;

  /// What is gone on with.
  sealed interface Prompt {
    /// A text that the model's tokenizer cuts.
    record Text(String text) implements Prompt {}

    /// Tokens already.
    record Tokens(TokenIds ids) implements Prompt {}
  }

  /// Reads a request; what is wrong is named.
  static TextRequest read(JsonNode body) {
    Fields fields = Fields.of(body);
    fields.require("model", "name the model");
    String model = fields.text("model").orElseThrow();
    Prompt prompt = prompt(fields.require("prompt", "a string or an array of token ids"));
    fields.refuse("is not supported by this server; remove it", "echo", "suffix");
    fields
        .find("best_of")
        .filter(best -> !(best.isIntegralNumber() && best.asLong() == 1))
        .ifPresent(
            best -> {
              throw Fields.wrong("best_of", "1: one completion for each request", best);
            });
    OptionalInt maxTokens = fields.whole("max_tokens", 1, Integer.MAX_VALUE);
    GenerationOptions options =
        GenerationOptions.read(
            fields,
            maxTokens.isPresent() ? maxTokens : OptionalInt.of(DEFAULT_MAX_TOKENS),
            fields.whole("logprobs", 0, 5));
    fields.refuseOthers();
    return new TextRequest(model, prompt, options);
  }

  private static Prompt prompt(JsonNode node) {
    if (node.isTextual()) {
      return new Prompt.Text(node.textValue());
    }
    if (!node.isArray()) {
      throw Fields.wrong("prompt", "a string or an array of token ids", node);
    }
    if (node.isEmpty()) {
      throw new ApiException(
          ApiError.invalid("prompt", "'prompt' is empty: send a string or token ids"));
    }
    JsonNode first = node.get(0);
    if (first.isTextual() || first.isArray()) {
      if (node.size() > 1) {
        throw new ApiException(
            ApiError.unsupported(
                "prompt",
                "'prompt' has %d prompts; send one request for each".formatted(node.size())));
      }
      return first.isTextual()
          ? new Prompt.Text(first.textValue())
          : new Prompt.Tokens(tokens(first, "prompt[0]"));
    }
    return new Prompt.Tokens(tokens(node, "prompt"));
  }

  private static TokenIds tokens(JsonNode array, String name) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = array.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw Fields.wrong(name + "[" + i + "]", "a token id", id);
      }
      ids[i] = id.intValue();
    }
    return TokenIds.of(ids);
  }
}
