package dev.comptroller.e2e.fleet;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// One local fleet per JVM for all of its tests, started by the first that asks.
///
/// It ends with the JVM. Tests share it, so each works in namespaces of its own.
public final class SharedFleet {
  private static final Lazy SEEDED = new Lazy(ModelCache.Kind.SEEDED);
  private static final Lazy REAL = new Lazy(ModelCache.Kind.REAL);

  private SharedFleet() {}

  /// A fleet with seeded models, which needs no download.
  public static LocalFleet seeded() {
    return SEEDED.get();
  }

  /// A fleet with the real model and its requantised sibling.
  public static LocalFleet real() {
    return REAL.get();
  }

  private static final class Lazy {
    private final ModelCache.Kind kind;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<LocalFleet> started = new ArrayList<>(1);

    Lazy(ModelCache.Kind kind) {
      this.kind = kind;
    }

    LocalFleet get() {
      lock.lock();
      try {
        if (started.isEmpty()) {
          LocalFleet fleet =
              LocalFleet.start(
                  FleetOptions.of(kind), Progress.timed(System.err, InstantSource.system()));
          started.add(fleet);
          Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(fleet::close));
        }
        return started.getFirst();
      } finally {
        lock.unlock();
      }
    }
  }
}
