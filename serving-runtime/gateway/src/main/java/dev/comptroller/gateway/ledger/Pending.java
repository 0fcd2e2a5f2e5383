package dev.comptroller.gateway.ledger;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// An operation on its way through the writer: the caller waits, the writer answers once.
final class Pending {
  private final Operation operation;
  private final CountDownLatch done = new CountDownLatch(1);
  private final AtomicBoolean claimed = new AtomicBoolean();
  private @Nullable Object answer;
  private @Nullable RuntimeException failure;

  Pending(Operation operation) {
    this.operation = operation;
  }

  Operation operation() {
    return operation;
  }

  /// The writer takes it, or the caller takes it back: whoever is first.
  boolean claim() {
    return claimed.compareAndSet(false, true);
  }

  void decided(Object found) {
    answer = found;
    failure = null;
  }

  void failed(RuntimeException why) {
    failure = why;
  }

  /// Tells the caller what was decided.
  void release() {
    done.countDown();
  }

  boolean await(Duration patience) throws InterruptedException {
    return done.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// What was decided, once it is durable.
  <T> T answer(Class<T> type) {
    RuntimeException why = failure;
    if (why != null) {
      why.addSuppressed(new IllegalStateException("asked for here"));
      throw why;
    }
    return type.cast(Objects.requireNonNull(answer));
  }
}
