package dev.comptroller.gateway.http;

import java.time.Duration;

/// Counts the requests that run, and lets no more in once the gateway is leaving.
final class Drain {
  private int running;
  private boolean leaving;

  /// Lets a request in; false when the gateway is leaving.
  synchronized boolean enter() {
    if (leaving) {
      return false;
    }
    running++;
    return true;
  }

  /// Notes that a request has ended.
  synchronized void leave() {
    running--;
    notifyAll();
  }

  /// Lets nothing more in.
  synchronized void begin() {
    leaving = true;
  }

  /// Whether the gateway is leaving.
  synchronized boolean leaving() {
    return leaving;
  }

  /// Requests that run.
  synchronized int running() {
    return running;
  }

  /// Waits until nothing runs; false if something still did after that long.
  synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (running > 0) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
