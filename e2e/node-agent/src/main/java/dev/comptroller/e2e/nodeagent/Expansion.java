package dev.comptroller.e2e.nodeagent;

import java.util.List;
import java.util.Map;

/// Replaces `$(NAME)` by the value of the variable, as Kubernetes does in commands, arguments and
/// values of variables: an unknown name stays as it is, `$$` is a dollar sign.
final class Expansion {
  private Expansion() {}

  static List<String> expand(List<String> words, Map<String, String> variables) {
    return words.stream().map(word -> expand(word, variables)).toList();
  }

  static String expand(String word, Map<String, String> variables) {
    if (word.indexOf('$') < 0) {
      return word;
    }
    var out = new StringBuilder();
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      char following = i + 1 < word.length() ? word.charAt(i + 1) : '\0';
      if (c == '$' && following == '$') {
        out.append('$');
        i++;
      } else if (c == '$' && following == '(') {
        int end = word.indexOf(')', i);
        String value = end < 0 ? null : variables.get(word.substring(i + 2, end));
        if (value == null) {
          out.append(c);
        } else {
          out.append(value);
          i = end;
        }
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
