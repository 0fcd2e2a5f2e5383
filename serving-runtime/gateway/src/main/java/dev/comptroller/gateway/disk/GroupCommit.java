package dev.comptroller.gateway.disk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// One writer thread whose commits are shared: what arrives while one is under way goes together
/// into the next, so the number of disk syncs does not grow with the number of callers.
public final class GroupCommit<T> {
  private static final long IDLE_MILLIS = 50;

  /// What the writer thread does with what arrived.
  @FunctionalInterface
  public interface Disk<T> {
    /// Writes things together, in the order they arrived, and tells their callers. Also called with
    /// none, when none arrived for a while. The list is the writer's own until it returns.
    void write(List<T> together) throws InterruptedException;
  }

  private final BlockingQueue<T> queue;
  private final int mostPerCommit;
  private final Disk<T> disk;
  private final Thread writer;
  private volatile boolean closing;

  /// A writer that is not started yet.
  public GroupCommit(String name, int mostWaiting, int mostPerCommit, Disk<T> disk) {
    this.queue = new ArrayBlockingQueue<>(mostWaiting);
    this.mostPerCommit = mostPerCommit;
    this.disk = disk;
    this.writer = Thread.ofPlatform().name(name).unstarted(this::run);
  }

  /// Begins to write.
  public void start() {
    writer.start();
  }

  /// Whether it takes nothing any more.
  public boolean closing() {
    return closing;
  }

  /// Whether it has ended: nobody writes what comes now.
  public boolean ended() {
    return closing && !writer.isAlive();
  }

  /// Puts a thing behind those that wait, if it gets a place in time; false if it does not.
  public boolean offer(T thing, Duration patience) throws InterruptedException {
    return !closing && queue.offer(thing, patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Takes a thing back that nobody waits for any more, if it still waits.
  public void withdraw(T thing) {
    var _ = queue.remove(thing);
  }

  /// Calls with each thing that waits.
  public void forEachWaiting(Consumer<T> call) {
    queue.forEach(call);
  }

  /// How many things wait.
  public int waiting() {
    return queue.size();
  }

  /// Writes what waits and ends; false if that took longer than the patience and the rest was given
  /// up.
  public boolean close(Duration patience) throws InterruptedException {
    closing = true;
    boolean ended = writer.join(patience);
    if (!ended) {
      writer.interrupt();
      writer.join();
    }
    return ended;
  }

  private void run() {
    List<T> together = new ArrayList<>();
    try {
      while (!(closing && queue.isEmpty())) {
        T first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          together.add(first);
          queue.drainTo(together, mostPerCommit - 1);
        }
        disk.write(together);
        together.clear();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
