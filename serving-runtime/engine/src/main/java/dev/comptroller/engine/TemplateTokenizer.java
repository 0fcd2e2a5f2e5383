package dev.comptroller.engine;

import java.util.List;

/// A tokenizer with the model's chat template at hand; safe to use from many threads at once.
public interface TemplateTokenizer extends Tokenizer {
  /// The conversation as the text that the model was trained on; tokenize it with `parseSpecial`.
  ///
  /// @param addAssistant whether the text ends with the opening of the assistant's turn
  /// @throws ChatTemplateException when the model has no template, or one that is not supported
  String applyChatTemplate(List<ChatMessage> messages, boolean addAssistant);

  @Override
  default int[] chat(List<ChatMessage> messages) {
    return ChatPrompt.tokens(this, messages);
  }
}
