package dev.comptroller.reconcile.work;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A queue of keys that one virtual thread works off, one key at a time, each at most once while
/// it waits.
///
/// A key whose handler throws is tried again without end, after 0.2 s, then twice as long each
/// time up to 60 s; a new call of [#add] for it does not shorten that wait. Keys may be added
/// before [#start]; nothing is handled until then.
///
/// @param <K> what is worked on
public final class Work<K> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Work.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LAST_RETRY = Duration.ofSeconds(60);

  private final String name;
  private final Handler<K> handler;
  private final Pace pace;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Due<K>> queue = new PriorityQueue<>();
  private final Set<K> waiting = new HashSet<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private long order;
  private @Nullable Thread thread;
  private boolean started;
  private boolean closed;

  /// Work called `name` in logs and thread dumps, on a thread of its own.
  public Work(String name, Handler<K> handler) {
    this(name, handler, Pace.THREADS);
  }

  /// Work called `name` that goes as `pace` has it.
  public Work(String name, Handler<K> handler, Pace pace) {
    this.name = name;
    this.handler = handler;
    this.pace = pace;
  }

  /// What makes work go: a thread of its own, or somebody who calls [#step].
  public interface Pace {
    /// A virtual thread for each work, on the system's clock.
    Pace THREADS =
        new Pace() {
          @Override
          public long nanoTime() {
            return System.nanoTime();
          }

          @Override
          public Thread begin(Work<?> work) {
            return Thread.ofVirtual().name("comptroller-" + work.name).start(work::run);
          }
        };

    /// The clock by which keys become due.
    long nanoTime();

    /// Called once when `work` may begin; returns the thread that it began on, if there is one.
    @Nullable Thread begin(Work<?> work);
  }

  /// Handles one key; may block and may throw.
  @FunctionalInterface
  public interface Handler<K> {
    /// Does what `key` needs; a failure is retried.
    void handle(K key) throws Exception;
  }

  /// Begins to work keys off; calling it again does nothing.
  public void start() {
    lock.lock();
    try {
      if (!started && !closed) {
        started = true;
        thread = pace.begin(this);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Handles the first key that is due, if there is one, for a pace without threads.
  public boolean step() throws InterruptedException {
    K key = take();
    if (key == null) {
      return false;
    }
    work(key);
    return true;
  }

  /// When the first key is due, by the clock of the pace.
  public OptionalLong due() {
    lock.lock();
    try {
      Due<K> first = queue.peek();
      return first == null ? OptionalLong.empty() : OptionalLong.of(first.atNanos());
    } finally {
      lock.unlock();
    }
  }

  /// Asks for `key` to be handled soon.
  public void add(K key) {
    addAfter(key, Duration.ZERO);
  }

  /// Asks for `key` to be handled after `delay`, unless it already waits.
  public void addAfter(K key, Duration delay) {
    lock.lock();
    try {
      if (!closed && waiting.add(key)) {
        queue.add(new Due<>(pace.nanoTime() + delay.toNanos(), order++, key));
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    Thread running;
    lock.lock();
    try {
      closed = true;
      running = thread;
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (running != null && running != Thread.currentThread()) {
      running.interrupt();
      try {
        running.join(Duration.ofSeconds(5));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run() {
    try {
      for (K key = next(); key != null; key = next()) {
        work(key);
      }
    } catch (InterruptedException _) {
      LOG.debug("{} stopped", name);
    }
  }

  private void work(K key) throws InterruptedException {
    try {
      handler.handle(key);
      failures.remove(key);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      int count = failures.merge(key, 1, Integer::sum);
      Duration delay = retry(count);
      LOG.warn("{} of {} failed (attempt {}), again in {}", name, key, count, delay, e);
      addAfter(key, delay);
    }
  }

  private static Duration retry(int count) {
    Duration delay = FIRST_RETRY.multipliedBy(1L << Math.min(count - 1, 16));
    return delay.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : delay;
  }

  private @Nullable K take() {
    lock.lock();
    try {
      Due<K> first = queue.peek();
      if (closed || first == null || first.atNanos() - pace.nanoTime() > 0) {
        return null;
      }
      queue.remove();
      waiting.remove(first.key());
      return first.key();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable K next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed) {
        Due<K> first = queue.peek();
        if (first == null) {
          changed.await();
          continue;
        }
        long wait = first.atNanos() - pace.nanoTime();
        if (wait <= 0) {
          queue.remove();
          waiting.remove(first.key());
          return first.key();
        }
        long unused = changed.awaitNanos(wait);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private record Due<K>(long atNanos, long order, K key) implements Comparable<Due<K>> {
    @Override
    public int compareTo(Due<K> other) {
      int byTime = Long.compare(atNanos - other.atNanos, 0);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}
