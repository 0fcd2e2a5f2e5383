package dev.comptroller.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Turns a conversation into tokens such that no message can pose as another.
///
/// 1. Render the model's template and cut it into tokens, control tokens included: what the model
///    was trained on.
/// 2. Where a message spells out control tokens, render the template around placeholders instead,
///    and cut the messages' own texts on their own, as plain text.
final class ChatPrompt {
  private static final Pattern PLACEHOLDER = Pattern.compile("\uE000(\\d+)\uE001");

  private ChatPrompt() {}

  /// The exact tokens of a conversation, up to the opening of the answer.
  ///
  /// @throws ChatTemplateException when the model cannot chat
  static int[] tokens(TemplateTokenizer tokenizer, List<ChatMessage> messages) {
    if (messages.stream().noneMatch(message -> spellsControl(tokenizer, message.content()))) {
      return tokenizer.tokenize(tokenizer.applyChatTemplate(messages, true), true, true);
    }
    var marked = new ArrayList<ChatMessage>();
    for (int i = 0; i < messages.size(); i++) {
      marked.add(new ChatMessage(messages.get(i).role(), "\uE000" + i + "\uE001"));
    }
    String frame = tokenizer.applyChatTemplate(marked, true);
    int[] tokens = new int[0];
    int end = 0;
    int found = 0;
    Matcher placeholder = PLACEHOLDER.matcher(frame);
    while (placeholder.find()) {
      tokens = join(tokens, frame(tokenizer, frame.substring(end, placeholder.start()), end == 0));
      String content = messages.get(Integer.parseInt(placeholder.group(1))).content();
      tokens = join(tokens, tokenizer.tokenize(content, false, false));
      end = placeholder.end();
      found++;
    }
    if (found != messages.size()) {
      throw new ChatTemplateException(
          "A message spells out control tokens of this model, and its template leaves messages"
              + " out; remove the control tokens");
    }
    return join(tokens, frame(tokenizer, frame.substring(end), end == 0));
  }

  private static int[] frame(TemplateTokenizer tokenizer, String text, boolean first) {
    return text.isEmpty() && !first ? new int[0] : tokenizer.tokenize(text, first, true);
  }

  private static boolean spellsControl(TemplateTokenizer tokenizer, String text) {
    return !Arrays.equals(
        tokenizer.tokenize(text, false, true), tokenizer.tokenize(text, false, false));
  }

  private static int[] join(int[] first, int[] second) {
    int[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }
}
