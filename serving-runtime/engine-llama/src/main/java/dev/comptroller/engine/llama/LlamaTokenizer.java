package dev.comptroller.engine.llama;

import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.ChatTemplateException;
import dev.comptroller.engine.TemplateTokenizer;
import dev.comptroller.engine.llama.lib.LlamaModel;
import java.util.List;

/// The model's tokenizer and chat template.
final class LlamaTokenizer implements TemplateTokenizer {
  private final LlamaModel model;

  LlamaTokenizer(LlamaModel model) {
    this.model = model;
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    return model.tokenize(text, addSpecial, parseSpecial);
  }

  @Override
  public byte[] piece(int token) {
    return model.piece(token);
  }

  @Override
  public boolean endsGeneration(int token) {
    return model.endsGeneration(token);
  }

  @Override
  public String applyChatTemplate(List<ChatMessage> messages, boolean addAssistant) {
    String template =
        model
            .chatTemplate()
            .orElseThrow(
                () ->
                    new ChatTemplateException(
                        "The model has no chat template (tokenizer.chat_template); "
                            + "use /v1/completions, or a model that was tuned for chat"));
    for (ChatMessage message : messages) {
      if (message.role().indexOf('\0') >= 0 || message.content().indexOf('\0') >= 0) {
        throw new ChatTemplateException("A message has a NUL character; remove it");
      }
    }
    return model
        .applyTemplate(template, messages, addAssistant)
        .orElseThrow(
            () ->
                new ChatTemplateException(
                    "The model's chat template is none that llama.cpp knows (it begins with \""
                        + template.substring(0, Math.min(60, template.length())).strip()
                        + "\"); use /v1/completions, or a model with a known template"));
  }
}
