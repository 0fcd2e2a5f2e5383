package dev.comptroller.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The hand-off between the loop's thread (which never waits) and one reader (which does).
final class EventQueue implements TokenStream {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Deque<TokenEvent.Token> tokens = new ArrayDeque<>();
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final int capacity;
  private final Runnable onCancel;
  private TokenEvent.@Nullable Finished end;

  /// @param capacity tokens that may wait for the reader
  /// @param onCancel called once at most, by whoever cancels first
  EventQueue(int capacity, Runnable onCancel) {
    this.capacity = capacity;
    this.onCancel = onCancel;
  }

  /// Adds a token, unless the reader has fallen too far behind.
  boolean offer(TokenEvent.Token token) {
    lock.lock();
    try {
      if (tokens.size() >= capacity) {
        return false;
      }
      tokens.addLast(token);
      arrived.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Adds the end; there is exactly one.
  void finish(TokenEvent.Finished event) {
    lock.lock();
    try {
      if (end != null) {
        throw new IllegalStateException("A second end: " + event + " after " + end);
      }
      end = event;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public TokenEvent next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        TokenEvent event = poll();
        if (event != null) {
          return event;
        }
        arrived.await();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<TokenEvent> next(Duration patience) throws InterruptedException {
    long left = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (true) {
        TokenEvent event = poll();
        if (event != null || left <= 0) {
          return Optional.ofNullable(event);
        }
        left = arrived.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel() {
    if (!cancelled.getAndSet(true)) {
      onCancel.run();
    }
  }

  @Override
  public void close() {
    cancel();
  }

  private @Nullable TokenEvent poll() {
    TokenEvent.Token token = tokens.pollFirst();
    return token != null ? token : end;
  }
}
