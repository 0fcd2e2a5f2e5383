package dev.comptroller.gateway.relay;

import dev.comptroller.protocol.Names;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Cuts a stream of server-sent events into whole events without changing a byte.
///
/// An event ends with an empty line; lines end with LF, CRLF or CR. Pieces of an event are held
/// until it is whole, at most [#MOST] bytes. Not thread-safe.
final class SseScanner {
  /// The longest event that is taken.
  static final int MOST = 8 * 1024 * 1024;

  /// One event.
  ///
  /// @param bytes to pass on, as they came, less the runtime's usage comments; may be empty
  /// @param data the event's data lines, joined; empty if it has none
  /// @param usageComments the usage comments' payloads
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Event(byte[] bytes, String data, List<String> usageComments) {
    /// Whether it is the one that ends an OpenAI stream.
    boolean done() {
      return data.equals("[DONE]");
    }
  }

  /// An event that is longer than [SseScanner#MOST].
  static final class TooLong extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final StringBuilder data = new StringBuilder();
  private boolean hasData;
  private List<String> comments = new ArrayList<>();
  private boolean afterCr;
  private boolean dropped;

  /// Takes bytes; gives the events that they complete.
  List<Event> feed(byte[] bytes, int length) throws TooLong {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      byte b = bytes[i];
      if (afterCr && b != '\n') {
        endLine(events);
      }
      afterCr = false;
      line.write(b);
      if (b == '\n') {
        endLine(events);
      } else if (b == '\r') {
        afterCr = true;
      }
    }
    if (line.size() + kept.size() > MOST) {
      throw new TooLong();
    }
    return events;
  }

  /// Whether part of an event is held.
  boolean midEvent() {
    return line.size() + kept.size() > 0;
  }

  private void endLine(List<Event> events) {
    String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
    if (text.isEmpty()) {
      endEvent(events);
    } else if (text.startsWith(Names.USAGE_COMMENT)) {
      comments.add(text.substring(Names.USAGE_COMMENT.length()));
      dropped = true;
    } else {
      if (text.startsWith("data:")) {
        data.append(hasData ? "\n" : "").append(text.substring("data:".length()).stripLeading());
        hasData = true;
      }
      kept.writeBytes(line.toByteArray());
    }
    line.reset();
  }

  private void endEvent(List<Event> events) {
    if (kept.size() > 0 || !dropped) {
      kept.writeBytes(line.toByteArray());
    }
    events.add(new Event(kept.toByteArray(), data.toString(), List.copyOf(comments)));
    kept.reset();
    data.setLength(0);
    hasData = false;
    comments = new ArrayList<>();
    dropped = false;
  }
}
