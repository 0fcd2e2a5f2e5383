package dev.comptroller.engine;

import java.util.List;

/// The model's own tokenizer and chat template; safe to use from many threads at once.
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

  /// The conversation as the text that the model was trained on; tokenize it with `parseSpecial`.
  ///
  /// @param addAssistant whether the text ends with the opening of the assistant's turn
  /// @throws ChatTemplateException when the model has no template, or one that is not supported
  String applyChatTemplate(List<ChatMessage> messages, boolean addAssistant);
}
