package dev.comptroller.gateway.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a `multipart/form-data` body part by part, without holding more of it than one line.
///
/// A part ends at a line break, two dashes and the boundary; content that looks like the start of
/// that and is not is handed out as it came.
final class Multipart {
  private static final Pattern BOUNDARY =
      Pattern.compile("boundary=(?:\"([^\"]{1,70})\"|([^;,\\s]{1,70}))", Pattern.CASE_INSENSITIVE);
  private static final Pattern NAME =
      Pattern.compile("[;\\s]name=\"([^\"]*)\"", Pattern.CASE_INSENSITIVE);
  private static final Pattern FILENAME =
      Pattern.compile("[;\\s]filename=\"((?:[^\"\\\\]|\\\\.)*)\"", Pattern.CASE_INSENSITIVE);
  private static final int LONGEST_HEADER = 8 * 1024;

  private final InputStream in;
  private final byte[] delimiter;
  private final byte[] piece = new byte[64 * 1024];
  private int at;
  private int end;
  private boolean last;

  /// One part.
  ///
  /// @param name of the form's field
  /// @param filename as the client calls it; empty if the part is no file
  /// @param content ends where the part ends
  record Part(String name, String filename, InputStream content) {}

  /// A body that is being read.
  ///
  /// @param contentType of the request
  Multipart(InputStream body, String contentType) throws IOException, QueueRefused {
    Matcher matcher = BOUNDARY.matcher(contentType);
    if (!contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")
        || !matcher.find()) {
      throw QueueRefused.bad(
          "content-type must be multipart/form-data with a boundary, is "
              + (contentType.isEmpty() ? "absent" : contentType),
          "content-type");
    }
    String boundary = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    this.in = body;
    this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    String first = line();
    if (!first.equals("--" + boundary)) {
      last = first.equals("--" + boundary + "--");
      if (!last) {
        throw QueueRefused.bad("the body must start with --" + boundary, "body");
      }
    }
  }

  /// The next part; empty after the last. The content of the part before must be read to its end.
  Optional<Part> next() throws IOException, QueueRefused {
    if (last) {
      return Optional.empty();
    }
    String name = "";
    String filename = "";
    for (String header = line(); !header.isEmpty(); header = line()) {
      if (header.toLowerCase(Locale.ROOT).startsWith("content-disposition:")) {
        name = group(NAME, header);
        filename = group(FILENAME, header).replaceAll("\\\\(.)", "$1");
      }
    }
    return Optional.of(new Part(name, filename, new Content()));
  }

  private static String group(Pattern pattern, String header) {
    Matcher matcher = pattern.matcher(header);
    return matcher.find() ? matcher.group(1) : "";
  }

  private String line() throws IOException, QueueRefused {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = raw(); b != '\n'; b = raw()) {
      if (b < 0) {
        throw cut();
      }
      if (line.size() == LONGEST_HEADER) {
        throw QueueRefused.bad(
            "a header of a part is longer than %d bytes".formatted(LONGEST_HEADER), "body");
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  private int raw() throws IOException {
    if (at == end) {
      at = 0;
      end = Math.max(0, in.read(piece));
      if (end == 0) {
        return -1;
      }
    }
    return piece[at++] & 0xff;
  }

  private static QueueRefused cut() {
    return QueueRefused.bad("the body ends before its last boundary", "body");
  }

  /// The bytes of a part up to its delimiter.
  private final class Content extends InputStream {
    private final byte[] one = new byte[1];
    private int matched;
    private int given;
    private int pending = -1;
    private boolean over;

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int off, int len) throws IOException {
      int n = 0;
      while (n < len && !over) {
        int b = nextByte();
        if (b < 0) {
          break;
        }
        to[off + n++] = (byte) b;
      }
      return n == 0 && len > 0 ? -1 : n;
    }

    /// The next byte of content: kept back while it may belong to the delimiter.
    private int nextByte() throws IOException {
      while (true) {
        if (given < matched && pending >= 0) {
          // A delimiter that did not come about: its start is content.
          return delimiter[given++] & 0xff;
        }
        if (pending >= 0) {
          int b = pending;
          matched = 0;
          given = 0;
          pending = -1;
          if (b == delimiter[0]) {
            matched = 1;
            continue;
          }
          return b;
        }
        int b = raw();
        if (b < 0) {
          throw new IOException("the body ends before its last boundary");
        }
        if (b == (delimiter[matched] & 0xff)) {
          if (++matched == delimiter.length) {
            stop();
            return -1;
          }
        } else if (matched == 0) {
          return b;
        } else {
          // Only the first byte of a delimiter is a carriage return, so no shorter match is missed.
          pending = b;
          given = 0;
        }
      }
    }

    private void stop() throws IOException {
      over = true;
      int a = raw();
      int b = raw();
      last = a == '-' && b == '-';
      if (!last && !(a == '\r' && b == '\n')) {
        throw new IOException("a boundary is followed by neither a line break nor --");
      }
    }
  }
}
