package dev.comptroller.engine;

import java.util.List;

/// The model's own tokenizer; safe to use from many threads at once.
public interface Tokenizer {
  /// The number of token ids.
  int vocabularySize();

  /// The exact tokens of a text.
  ///
  /// @param addSpecial whether the model's begin and end marks are added where it wants them
  /// @param parseSpecial whether control tokens spelled out in the text become those tokens; true
  ///     for a rendered chat template, false for text that users wrote
  int[] tokenize(String text, boolean addSpecial, boolean parseSpecial);

  /// The bytes that a token adds to the text; may be part of a character, and is empty for control
  /// tokens.
  byte[] piece(int token);

  /// Whether a token ends the generation (end of text, end of turn).
  boolean endsGeneration(int token);

  /// The exact tokens of a conversation up to the opening of the answer, such that no message can
  /// pose as another.
  ///
  /// @throws ChatTemplateException when the model cannot chat, or not about this
  int[] chat(List<ChatMessage> messages);
}
