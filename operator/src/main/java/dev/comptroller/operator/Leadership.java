package dev.comptroller.operator;

import dev.comptroller.reconcile.Assembly;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/// Starts the parts that only the leader may run, and ends the process when leadership is lost.
///
/// Whoever lost the lease may have a write under way, so nothing is unwound: the process halts, and
/// its successor goes on from what is stored. A halt also cannot wait for shutdown hooks that wait
/// for it.
@Singleton
public final class Leadership {
  private static final Logger LOG = Logger.getLogger(Leadership.class);
  private static final int LOST = 70;

  private final Assembly assembly;
  private final KubernetesClient client;
  private final Place place;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicBoolean leading = new AtomicBoolean();

  Leadership(Assembly assembly, KubernetesClient client, Place place) {
    this.assembly = assembly;
    this.client = client;
    this.place = place;
  }

  /// What to do when leadership comes and goes.
  LeaderCallbacks callbacks() {
    return new LeaderCallbacks(this::lead, this::lost, leader -> LOG.infof("leader: %s", leader));
  }

  /// Whether this process leads.
  boolean isLeading() {
    return leading.get();
  }

  void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
    assembly.watch();
    boolean elected = ConfigUtils.getProfiles().contains("prod");
    if (!elected) {
      lead();
    }
  }

  void stop(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) ShutdownEvent event) {
    stopping.set(true);
  }

  /// Hands the lease back once everything that writes has ended, so that a successor need not wait
  /// for it to run out.
  void release(@Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) ShutdownEvent event) {
    assembly.close();
    if (!leading.get()) {
      return;
    }
    try {
      Lease lease = client.leases().inNamespace(place.namespace()).withName(Place.LEASE).get();
      if (lease != null && place.instance().equals(lease.getSpec().getHolderIdentity())) {
        lease.getSpec().setHolderIdentity("");
        lease.getSpec().setLeaseDurationSeconds(1);
        client.resource(lease).update();
      }
    } catch (KubernetesClientException e) {
      LOG.infof("the lease is left to run out: %s", e.getMessage());
    }
  }

  private void lead() {
    if (leading.compareAndSet(false, true)) {
      assembly.lead();
    }
  }

  private void lost() {
    if (!stopping.get()) {
      LOG.error("leadership is lost: the process ends, and its successor goes on");
      Runtime.getRuntime().halt(LOST);
    }
  }
}
