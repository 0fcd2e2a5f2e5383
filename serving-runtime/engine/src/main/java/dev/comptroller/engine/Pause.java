package dev.comptroller.engine;

import java.util.concurrent.locks.LockSupport;

/// How a simulated engine lets time pass.
@FunctionalInterface
public interface Pause {
  /// Lets this much time pass.
  void nanos(long nanos);

  /// Waits in real time.
  static Pause real() {
    return nanos -> {
      long deadline = System.nanoTime() + nanos;
      for (long left = nanos; left > 0; left = deadline - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    };
  }
}
