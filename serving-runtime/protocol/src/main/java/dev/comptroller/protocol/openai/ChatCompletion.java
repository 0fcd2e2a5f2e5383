package dev.comptroller.protocol.openai;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A whole chat answer.
///
/// @param object always `chat.completion`
/// @param created seconds since 1970
/// @param serviceTier the tier that served; absent unless the request named one
public record ChatCompletion(
    String id,
    String object,
    long created,
    String model,
    List<Choice> choices,
    TokenUsage usage,
    @Nullable String serviceTier,
    String systemFingerprint) {
  public ChatCompletion {
    choices = List.copyOf(choices);
  }

  /// One answer.
  public record Choice(
      int index, Message message, @Nullable ChatLogprobs logprobs, String finishReason) {}

  /// What the assistant says.
  public record Message(String role, String content, @Nullable String refusal) {}
}
