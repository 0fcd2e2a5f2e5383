package dev.comptroller.engine;

/// The model's chat template cannot render a conversation; the message says why and what to do.
public final class ChatTemplateException extends RuntimeException {
  public ChatTemplateException(String message) {
    super(message);
  }
}
