package dev.comptroller.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// A clock that stands still until somebody lets time pass.
public final class VirtualClock implements LongSupplier, Pause {
  private final AtomicLong now = new AtomicLong();

  @Override
  public long getAsLong() {
    return now.get();
  }

  @Override
  public void nanos(long nanos) {
    now.addAndGet(nanos);
  }
}
