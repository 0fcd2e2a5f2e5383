package dev.comptroller.batching;

import java.util.Arrays;

/// A prompt and what has been generated after it, with how much of both is computed.
final class Sequence {
  final long id;
  final RequestClass requestClass;
  final int promptTokens;
  final int maxTokens;
  final long addedNanos;
  private int[] tokens;
  private int known;
  int computed;
  int slot;
  boolean started;

  Sequence(long id, RequestClass requestClass, TokenIds prompt, int maxTokens, long addedNanos) {
    this.id = id;
    this.requestClass = requestClass;
    this.promptTokens = prompt.size();
    this.maxTokens = maxTokens;
    this.addedNanos = addedNanos;
    this.tokens = prompt.toArray();
    this.known = tokens.length;
  }

  /// Tokens that are known, computed or not.
  int known() {
    return known;
  }

  /// Known tokens that are not computed.
  int behind() {
    return known - computed;
  }

  /// Whether somebody waits for its first token, or for it to be computed again.
  boolean catchesUp() {
    return behind() > 1 || known == promptTokens;
  }

  /// The next tokens to compute.
  Slice slice(int count) {
    return new Slice(
        id, slot, computed, TokenIds.range(tokens, computed, computed + count), count == behind());
  }

  /// Takes a generated token.
  void append(int token) {
    if (known - promptTokens + 1 >= maxTokens) {
      throw new IllegalStateException(
          "Sequence " + id + " goes on after its last token (maxTokens " + maxTokens + ")");
    }
    if (known == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(16, known + known / 2));
    }
    tokens[known] = token;
    known++;
  }
}
