package dev.comptroller.e2e.nodeagent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;

/// Sends the wanted part of a log to a reader, and what follows as it comes.
final class LogReader {
  private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

  private final ContainerLog log;
  private final LogQuery query;
  private final OutputStream out;
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private boolean lineBegins = true;
  private long left;

  LogReader(ContainerLog log, LogQuery query, OutputStream out) {
    this.log = log;
    this.query = query;
    this.out = out;
    this.left = query.limitBytes() < 0 ? Long.MAX_VALUE : query.limitBytes();
  }

  /// Returns when everything wanted was sent: without `follow` what is there, else all until the
  /// container's run ends.
  void send() throws IOException, InterruptedException {
    long position = sendPresent();
    out.flush();
    while (query.follow() && left > 0) {
      if (!log.awaitMore(position, LOOK_AGAIN)) {
        if (log.ended()) {
          return;
        }
        continue;
      }
      ContainerLog.Chunk chunk = log.read(position);
      position = chunk.next();
      split(chunk.bytes(), this::write);
      out.flush();
    }
  }

  private interface LineSink {
    void accept(byte[] line) throws IOException;
  }

  private long sendPresent() throws IOException {
    var last = new ArrayDeque<byte[]>();
    long wanted = query.tailLines() < 0 ? Long.MAX_VALUE : query.tailLines();
    long position = 0;
    while (true) {
      ContainerLog.Chunk chunk = log.read(position);
      if (!chunk.bytes().hasRemaining()) {
        break;
      }
      position = chunk.next();
      split(
          chunk.bytes(),
          line -> {
            if (wanted == Long.MAX_VALUE) {
              write(line);
            } else {
              last.addLast(line);
              if (last.size() > wanted) {
                last.removeFirst();
              }
            }
          });
    }
    for (byte[] line : last) {
      write(line);
    }
    return position;
  }

  private void split(ByteBuffer bytes, LineSink sink) throws IOException {
    while (bytes.hasRemaining()) {
      byte b = bytes.get();
      if (b == '\n') {
        sink.accept(partial.toByteArray());
        partial.reset();
      } else {
        partial.write(b);
      }
    }
  }

  /// Writes a stored line: `TIME F TEXT`, or `TIME P TEXT` when the line goes on.
  private void write(byte[] stored) throws IOException {
    int space = 0;
    while (space < stored.length && stored[space] != ' ') {
      space++;
    }
    int text = space + 3;
    if (text > stored.length) {
      return; // The head of a line whose file is gone.
    }
    String time = new String(stored, 0, space, StandardCharsets.US_ASCII);
    Instant since = query.since();
    if (since != null && Instant.parse(time).isBefore(since)) {
      return;
    }
    if (query.timestamps() && lineBegins) {
      emit((time + " ").getBytes(StandardCharsets.US_ASCII), 0);
    }
    emit(stored, text);
    lineBegins = stored[space + 1] == 'F';
    if (lineBegins) {
      emit(new byte[] {'\n'}, 0);
    }
  }

  private void emit(byte[] bytes, int from) throws IOException {
    int count = (int) Math.min(left, bytes.length - from);
    out.write(bytes, from, count);
    left -= count;
  }
}
