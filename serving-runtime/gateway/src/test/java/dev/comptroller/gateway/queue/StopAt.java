package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.durable.WritePoint;
import java.util.ArrayList;
import java.util.List;

/// Ends a gateway at one side of one of its durable writes, counted from the first: that thread and
/// every later write stop, and the thread that waits is woken, as if the process were gone.
final class StopAt implements WritePoint {
  /// Nothing after it happens.
  static final class Stopped extends Error {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("the process is gone", null, false, false);
    }
  }

  private final int at;
  private final Thread caller = Thread.currentThread();
  private final List<String> passed = new ArrayList<>();
  private boolean stopped;

  /// A point that stops at a number of passes, from 0 on; never, if it is negative.
  StopAt(int at) {
    this.at = at;
  }

  synchronized boolean stopped() {
    return stopped;
  }

  /// What was passed so far.
  synchronized List<String> passed() {
    return List.copyOf(passed);
  }

  @Override
  public synchronized void pass(String write, Side side) {
    if (stopped) {
      throw new Stopped();
    }
    passed.add(side + " " + write);
    if (passed.size() - 1 == at) {
      stopped = true;
      if (Thread.currentThread() != caller) {
        caller.interrupt();
      }
      throw new Stopped();
    }
  }
}
