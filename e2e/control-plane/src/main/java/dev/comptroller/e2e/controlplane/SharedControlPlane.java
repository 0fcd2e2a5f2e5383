package dev.comptroller.e2e.controlplane;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// One control plane per JVM for all of its tests, started by the first that asks.
///
/// It ends with the JVM. Tests share it, so each works in namespaces of its own.
public final class SharedControlPlane {
  private static final Lazy API_ONLY = new Lazy(Options.apiOnly());
  private static final Lazy FULL = new Lazy(Options.everything());

  private SharedControlPlane() {}

  /// etcd and the API server.
  public static ControlPlane apiOnly() {
    return API_ONLY.get();
  }

  /// All of the control plane.
  public static ControlPlane full() {
    return FULL.get();
  }

  private static final class Lazy {
    private final Options options;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<ControlPlane> started = new ArrayList<>(1);

    Lazy(Options options) {
      this.options = options;
    }

    ControlPlane get() {
      lock.lock();
      try {
        if (started.isEmpty()) {
          ControlPlane plane = ControlPlane.start(options);
          started.add(plane);
          Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(plane::close));
        }
        return started.getFirst();
      } finally {
        lock.unlock();
      }
    }
  }
}
