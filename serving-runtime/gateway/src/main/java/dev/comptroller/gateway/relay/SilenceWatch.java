package dev.comptroller.gateway.relay;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Cancels answers whose replica has said nothing for too long, as after a node was lost.
final class SilenceWatch implements AutoCloseable {
  /// One answer under watch.
  final class Watched implements AutoCloseable {
    private final Cancellation cancellation;
    private volatile long heardAt;
    private volatile boolean clientsTurn;

    private Watched(Cancellation cancellation) {
      this.cancellation = cancellation;
      this.heardAt = nanos.getAsLong();
    }

    /// Notes that the replica has said something.
    void heard() {
      heardAt = nanos.getAsLong();
      clientsTurn = false;
    }

    /// Notes that it is the client who is waited for.
    void waitForClient() {
      clientsTurn = true;
    }

    @Override
    public void close() {
      watched.remove(this);
    }
  }

  private final Duration limit;
  private final LongSupplier nanos;
  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
  private final Thread sweeper;

  SilenceWatch(Duration limit, LongSupplier nanos) {
    this.limit = limit;
    this.nanos = nanos;
    this.sweeper = Thread.ofVirtual().name("silence-watch").start(this::run);
  }

  Duration limit() {
    return limit;
  }

  Watched watch(Cancellation cancellation) {
    Watched answer = new Watched(cancellation);
    watched.add(answer);
    return answer;
  }

  @Override
  public void close() {
    sweeper.interrupt();
  }

  private void run() {
    long pause = Math.max(10, Math.min(1_000, limit.toMillis() / 4));
    try {
      while (true) {
        Thread.sleep(pause);
        long now = nanos.getAsLong();
        for (Watched answer : watched) {
          if (!answer.clientsTurn && now - answer.heardAt > limit.toNanos()) {
            answer.cancellation.cancel(Cancellation.Cause.SILENT);
          }
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
