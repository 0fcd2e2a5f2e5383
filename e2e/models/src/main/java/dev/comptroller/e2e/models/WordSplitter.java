package dev.comptroller.e2e.models;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Cuts text into the words that merges never cross, as vocabularies of pre-type `smollm` are cut.
///
/// Every digit is a word of its own and is cut before everything else; letters and other signs
/// group, each with at most one space in front.
final class WordSplitter {
  private static final Pattern WORD =
      Pattern.compile(
          "\\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?[^\\s\\p{L}\\p{N}]+"
              + "|\\s+(?=\\p{N})|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private WordSplitter() {}

  /// The words of a text in order; joined they are the text.
  static List<String> split(String text) {
    var words = new ArrayList<String>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }
}
