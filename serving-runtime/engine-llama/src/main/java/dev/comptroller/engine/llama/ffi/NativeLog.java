package dev.comptroller.engine.llama.ffi;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/// What the library has to say: keeps the last warnings and errors, for messages of failures.
final class NativeLog {
  private static final int LINES = 8;
  private static final int LONGEST = 4096;
  private static final int WARN = 2;
  private static final int CONTINUES = 5;

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<String> lines = new ArrayDeque<>();
  private boolean keeping;

  /// Called by the library, on any thread.
  void line(int level, MemorySegment text, MemorySegment userData) {
    String line = text.reinterpret(LONGEST).getString(0);
    lock.lock();
    try {
      if (level != CONTINUES) {
        keeping = level > WARN;
      }
      if (keeping && !line.isBlank()) {
        lines.addLast(line.strip());
        if (lines.size() > LINES) {
          lines.removeFirst();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Forgets what was said so far.
  void clear() {
    lock.lock();
    try {
      lines.clear();
    } finally {
      lock.unlock();
    }
  }

  /// What was said since, as one line.
  String said() {
    lock.lock();
    try {
      return lines.isEmpty() ? "the library gave no reason" : String.join("; ", lines);
    } finally {
      lock.unlock();
    }
  }
}
