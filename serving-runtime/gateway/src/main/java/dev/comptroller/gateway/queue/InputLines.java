package dev.comptroller.gateway.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// The lines of an input file, one after the other, with where each one is.
///
/// Never more than one line is held; of a line that is too long, nothing is. Blank lines count as
/// lines of the file and are passed over.
final class InputLines {
  /// One line.
  ///
  /// @param number from 1
  /// @param start offset of its first byte
  /// @param length in bytes, without the line break
  /// @param bytes of it; empty if it is too long
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Line(int number, long start, long length, byte[] bytes) {}

  private final InputStream in;
  private final int longest;
  private final byte[] piece = new byte[64 * 1024];
  private int at;
  private int end;
  private long offset;
  private int number;

  /// Lines of a stream.
  ///
  /// @param longest line that is handed out, in bytes
  InputLines(InputStream in, int longest) {
    this.in = in;
    this.longest = longest;
  }

  /// The next line that is not blank; empty at the end.
  Optional<Line> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      long start = offset;
      long length = 0;
      boolean any = false;
      boolean broken = false;
      line.reset();
      while (!broken && (at < end || fill())) {
        any = true;
        int stop = at;
        while (stop < end && piece[stop] != '\n') {
          stop++;
        }
        length += stop - at;
        if (length <= longest) {
          line.write(piece, at, stop - at);
        }
        broken = stop < end;
        offset += stop - at + (broken ? 1 : 0);
        at = broken ? stop + 1 : stop;
      }
      if (!any) {
        return Optional.empty();
      }
      number++;
      byte[] bytes = length <= longest ? line.toByteArray() : new byte[0];
      if (length > longest || !blank(bytes)) {
        return Optional.of(new Line(number, start, length, bytes));
      }
    }
  }

  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, in.read(piece));
    return end > 0;
  }

  private static boolean blank(byte[] bytes) {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
