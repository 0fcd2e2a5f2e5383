package dev.comptroller.e2e.models;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The printable letter that stands for each byte in a byte-level BPE vocabulary.
///
/// Printable Latin-1 characters stand for themselves; the other 68 bytes take the code points from
/// 256 on, in order of the byte. It is the mapping that vocabularies of kind `gpt2` use, so a
/// loader that knows them reads ours.
final class ByteAlphabet {
  private static final char[] LETTERS = letters();
  private static final int[] BYTES = bytes();

  private ByteAlphabet() {}

  /// The letter that stands for a byte (0 to 255).
  static char letter(int value) {
    return LETTERS[value];
  }

  /// Bytes as the letters that stand for them.
  static String spell(byte[] bytes) {
    var letters = new StringBuilder(bytes.length);
    for (byte each : bytes) {
      letters.append(LETTERS[each & 0xff]);
    }
    return letters.toString();
  }

  /// Text as the letters that stand for its UTF-8 bytes.
  static String spell(String text) {
    return spell(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The bytes that letters stand for.
  static byte[] unspell(String letters) {
    byte[] bytes = new byte[letters.length()];
    for (int i = 0; i < bytes.length; i++) {
      char letter = letters.charAt(i);
      if (letter >= BYTES.length || BYTES[letter] < 0) {
        throw new IllegalArgumentException(
            "character " + (int) letter + " at " + i + " stands for no byte");
      }
      bytes[i] = (byte) BYTES[letter];
    }
    return bytes;
  }

  private static char[] letters() {
    char[] letters = new char[256];
    char next = 256;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xff && value != 0xad);
      letters[value] = printable ? (char) value : next++;
    }
    return letters;
  }

  private static int[] bytes() {
    int[] bytes = new int[324];
    Arrays.fill(bytes, -1);
    for (int value = 0; value < 256; value++) {
      bytes[LETTERS[value]] = value;
    }
    return bytes;
  }
}
