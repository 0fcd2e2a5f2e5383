package dev.comptroller.gateway.ledger;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// An operation on its way through the writer: the caller waits, the writer answers once, or
/// somebody sends the caller away because it has waited long enough.
final class Pending {
  private final Operation operation;
  private final CountDownLatch done = new CountDownLatch(1);
  private final AtomicBoolean claimed = new AtomicBoolean();
  private final long sinceNanos;
  private volatile boolean durable;
  private @Nullable Object answer;
  private @Nullable RuntimeException failure;

  /// @param sinceNanos when the caller came
  Pending(Operation operation, long sinceNanos) {
    this.operation = operation;
    this.sinceNanos = sinceNanos;
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
    durable = true;
    done.countDown();
  }

  /// Sends the caller away if it came then or before.
  void giveUp(long lastNanos) {
    if (sinceNanos - lastNanos <= 0) {
      done.countDown();
    }
  }

  /// Waits for the writer; false if the caller was sent away.
  ///
  /// Without a limit of its own: a timer for each operation costs more than the operation.
  boolean await() throws InterruptedException {
    done.await();
    return durable;
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
