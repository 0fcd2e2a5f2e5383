package dev.comptroller.engine;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Turns the bytes of tokens into text that may be shown: whole characters, nothing of a stop text.
final class TextAssembler {
  private static final int LONGEST_PARTIAL_CHARACTER = 4;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private ByteBuffer undecoded = ByteBuffer.allocate(64).limit(0);
  private boolean stopped;

  TextAssembler(List<String> stops) {
    this.stops = stops;
  }

  /// Takes the bytes of a token and gives the text that may be shown now.
  String accept(byte[] piece) {
    decode(piece, false);
    int stop = earliestStop();
    if (stop >= 0) {
      stopped = true;
      String text = held.substring(0, stop);
      held.setLength(0);
      return text;
    }
    return release(held.length() - longestStopPrefix());
  }

  /// Whether a stop text has come; nothing more is to be accepted then.
  boolean stopped() {
    return stopped;
  }

  /// What is still held back, at the end.
  String finish() {
    if (stopped) {
      return "";
    }
    decode(new byte[0], true);
    return release(held.length());
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  private void decode(byte[] piece, boolean end) {
    ByteBuffer in = ByteBuffer.allocate(undecoded.remaining() + piece.length);
    in.put(undecoded).put(piece).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + LONGEST_PARTIAL_CHARACTER);
    decoder.decode(in, out, end);
    if (end) {
      decoder.flush(out);
    }
    undecoded = in;
    held.append(out.flip());
  }

  private int earliestStop() {
    int earliest = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (earliest < 0 || at < earliest)) {
        earliest = at;
      }
    }
    return earliest;
  }

  /// The length of the longest end of the held text that a stop text may start with.
  private int longestStopPrefix() {
    int longest = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
        if (held.substring(held.length() - length).equals(stop.substring(0, length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
