package dev.comptroller.protocol.openai;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A piece of a streamed chat answer.
///
/// @param object always `chat.completion.chunk`
/// @param usage only in the last chunk, and only when it was asked for
public record ChatChunk(
    String id,
    String object,
    long created,
    String model,
    List<Choice> choices,
    @Nullable TokenUsage usage,
    @Nullable String serviceTier,
    String systemFingerprint) {
  public ChatChunk {
    choices = List.copyOf(choices);
  }

  /// What is new in one answer.
  public record Choice(
      int index, Delta delta, @Nullable ChatLogprobs logprobs, @Nullable String finishReason) {}

  /// New text; the role stands in the first chunk alone.
  public record Delta(@Nullable String role, @Nullable String content) {}
}
