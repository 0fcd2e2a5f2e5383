package dev.comptroller.gateway.table;

import java.time.Duration;

/// Looks at something at once and then again and again, on a thread of its own, until it is closed.
public final class Poller implements AutoCloseable {
  private final Runnable look;
  private final Duration interval;
  private final Thread thread;
  private volatile boolean closed;

  /// A poller that has not begun.
  public Poller(String name, Duration interval, Runnable look) {
    this.look = look;
    this.interval = interval;
    this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  /// Looks once before this returns, then after every interval.
  public void start() {
    look.run();
    thread.start();
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  private void run() {
    while (!closed) {
      try {
        Thread.sleep(interval);
      } catch (InterruptedException _) {
        return;
      }
      look.run();
    }
  }
}
