package dev.comptroller.protocol.openai;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A text completion, whole or a piece of a streamed one.
///
/// @param object always `text_completion`
/// @param usage in a stream only in the last piece, and only when it was asked for
public record TextCompletion(
    String id,
    String object,
    long created,
    String model,
    List<Choice> choices,
    @Nullable TokenUsage usage,
    String systemFingerprint) {
  public TextCompletion {
    choices = List.copyOf(choices);
  }

  /// One completion.
  public record Choice(
      String text, int index, @Nullable Logprobs logprobs, @Nullable String finishReason) {}

  /// How likely the tokens were; the lists are parallel.
  public record Logprobs(
      List<String> tokens,
      List<Double> tokenLogprobs,
      List<Map<String, Double>> topLogprobs,
      List<Integer> textOffset) {
    public Logprobs {
      tokens = List.copyOf(tokens);
      tokenLogprobs = List.copyOf(tokenLogprobs);
      topLogprobs = List.copyOf(topLogprobs);
      textOffset = List.copyOf(textOffset);
    }
  }
}
