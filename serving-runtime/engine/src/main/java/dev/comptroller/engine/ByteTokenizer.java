package dev.comptroller.engine;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// A tokenizer whose tokens are the bytes of UTF-8, with one begin and one end mark.
public final class ByteTokenizer implements TemplateTokenizer {
  /// The mark in front of a prompt.
  public static final int BEGIN = 256;

  /// The mark after an answer.
  public static final int END = 257;

  private static final int SIZE = 258;

  @Override
  public int vocabularySize() {
    return SIZE;
  }

  @Override
  public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int offset = addSpecial ? 1 : 0;
    int[] tokens = new int[bytes.length + offset];
    if (addSpecial) {
      tokens[0] = BEGIN;
    }
    for (int i = 0; i < bytes.length; i++) {
      tokens[i + offset] = Byte.toUnsignedInt(bytes[i]);
    }
    return tokens;
  }

  @Override
  public byte[] piece(int token) {
    return token < BEGIN ? new byte[] {(byte) token} : new byte[0];
  }

  @Override
  public boolean endsGeneration(int token) {
    return token == END;
  }

  @Override
  public String applyChatTemplate(List<ChatMessage> messages, boolean addAssistant) {
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : messages) {
      text.append(message.role()).append(": ").append(message.content()).append('\n');
    }
    return addAssistant ? text.append("assistant: ").toString() : text.toString();
  }
}
