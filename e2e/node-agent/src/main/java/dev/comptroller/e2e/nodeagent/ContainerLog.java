package dev.comptroller.e2e.nodeagent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The output of one run of a container, on disk, of which at most `limit` bytes are kept.
///
/// Stored lines read `TIME F TEXT` (`P` instead of `F` when the line goes on in the next one). The
/// log is cut into two files; when the younger one is half the limit the older one goes. Positions
/// count from the first byte ever written and stay valid when a file goes: readers skip the gap.
final class ContainerLog {
  private static final int LONGEST_LINE = 16 << 10;

  private record Segment(Path file, long start) {}

  private final Path folder;
  private final String name;
  private final long segmentLimit;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final ArrayDeque<Segment> segments = new ArrayDeque<>();
  private @Nullable FileChannel current;
  private long end;
  private boolean ended;

  ContainerLog(Path folder, String name, long limit, InstantSource clock) {
    this.folder = folder;
    this.name = name;
    this.segmentLimit = Math.max(1, limit / 2);
    this.clock = clock;
  }

  /// Copies a process's output into the log until it ends.
  void fill(InputStream output) {
    var line = new ByteArrayOutputStream();
    var stored = new ByteArrayOutputStream();
    byte[] chunk = new byte[64 << 10];
    try (output) {
      for (int n = output.read(chunk); n >= 0; n = output.read(chunk)) {
        for (int i = 0; i < n; i++) {
          if (chunk[i] == '\n') {
            store(stored, line, 'F');
          } else {
            line.write(chunk[i]);
            if (line.size() >= LONGEST_LINE) {
              store(stored, line, 'P');
            }
          }
        }
        append(stored.toByteArray());
        stored.reset();
      }
      if (line.size() > 0) {
        store(stored, line, 'F');
        append(stored.toByteArray());
      }
    } catch (IOException e) {
      // The pipe broke: the process is gone.
    } finally {
      finish();
    }
  }

  private void store(ByteArrayOutputStream stored, ByteArrayOutputStream line, char kind) {
    stored.writeBytes((clock.instant() + " " + kind + " ").getBytes(StandardCharsets.US_ASCII));
    stored.writeBytes(line.toByteArray());
    stored.write('\n');
    line.reset();
  }

  private void append(byte[] bytes) throws IOException {
    if (bytes.length == 0) {
      return;
    }
    lock.lock();
    try {
      FileChannel channel = current;
      if (channel == null || end - segments.getLast().start() >= segmentLimit) {
        channel = roll();
      }
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        end += channel.write(buffer);
      }
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private FileChannel roll() throws IOException {
    FileChannel before = current;
    if (before != null) {
      before.close();
    }
    Files.createDirectories(folder);
    Path file = folder.resolve(name + "." + end + ".log");
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    current = channel;
    segments.addLast(new Segment(file, end));
    if (segments.size() > 2) {
      Files.deleteIfExists(segments.removeFirst().file());
    }
    return channel;
  }

  /// Says that nothing more will come.
  void finish() {
    lock.lock();
    try {
      ended = true;
      FileChannel channel = current;
      if (channel != null) {
        channel.close();
      }
      more.signalAll();
    } catch (IOException e) {
      // What was written is there; a failed close loses nothing of it.
    } finally {
      lock.unlock();
    }
  }

  /// Bytes from `from` on, at most a chunk of them, and the position after them.
  record Chunk(ByteBuffer bytes, long next) {}

  Chunk read(long from) throws IOException {
    Path file;
    long at;
    int count;
    lock.lock();
    try {
      if (segments.isEmpty() || from >= end) {
        return new Chunk(ByteBuffer.allocate(0), from);
      }
      long start = Math.max(from, segments.getFirst().start());
      Segment last = segments.getLast();
      Segment segment = start >= last.start() ? last : segments.getFirst();
      long stop = segment.equals(last) ? end : last.start();
      file = segment.file();
      at = start - segment.start();
      count = (int) Math.min(1 << 20, stop - start);
      from = start;
    } finally {
      lock.unlock();
    }
    try (var channel = FileChannel.open(file)) {
      var buffer = ByteBuffer.allocate(count);
      while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {
        // Reads on until the chunk is full.
      }
      buffer.flip();
      return new Chunk(buffer, from + buffer.limit());
    }
  }

  /// Waits for bytes after `from`; false when there will be none or time is up.
  boolean awaitMore(long from, Duration patience) throws InterruptedException {
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (end <= from && !ended && nanos > 0) {
        nanos = more.awaitNanos(nanos);
      }
      return end > from;
    } finally {
      lock.unlock();
    }
  }

  /// Whether everything has been written.
  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /// Deletes its files.
  void delete() {
    lock.lock();
    try {
      for (Segment segment : segments) {
        Files.deleteIfExists(segment.file());
      }
      segments.clear();
    } catch (IOException e) {
      // The agent's folder goes as a whole later.
    } finally {
      lock.unlock();
    }
  }
}
