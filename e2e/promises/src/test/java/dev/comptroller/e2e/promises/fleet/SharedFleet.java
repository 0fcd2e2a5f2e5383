package dev.comptroller.e2e.promises.fleet;

import dev.comptroller.e2e.fleet.FleetOptions;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.ModelCache;

/// One local fleet for all promises of this JVM; its leash takes it down with the JVM.
public final class SharedFleet {
  private static final class Holder {
    static final LocalFleet FLEET = start();

    private static LocalFleet start() {
      LocalFleet fleet =
          LocalFleet.start(
              FleetOptions.of(ModelCache.Kind.REAL), line -> System.err.println("fleet: " + line));
      Runtime.getRuntime().addShutdownHook(new Thread(fleet::close, "fleet-close"));
      return fleet;
    }
  }

  private SharedFleet() {}

  /// The fleet, running.
  public static LocalFleet get() {
    return Holder.FLEET;
  }
}
