package dev.comptroller.reconcile.charges;

import dev.comptroller.reconcile.archive.NamespaceArchive;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/// What is remembered of demand, in ConfigMaps `comptroller-demand-<namespace>`.
///
/// Nothing is written while nothing is asked for, so that idle hours count for the means from the
/// next request on. It goes with the last deployment of its namespace.
final class DemandStore implements NamespaceArchive.Books {
  private static final NamespaceArchive.Terms TERMS =
      new NamespaceArchive.Terms(
          "demand", Duration.ofMinutes(5), "what its namespace was asked for is learned anew");

  private final Demands demands;

  private DemandStore(Demands demands) {
    this.demands = demands;
  }

  /// The memory of `demands` in namespace `home`.
  static NamespaceArchive of(Demands demands, KubernetesClient client, String home, Clock clock) {
    return new NamespaceArchive(client, home, clock, TERMS, new DemandStore(demands));
  }

  @Override
  public Set<String> moved() {
    return demands.moved();
  }

  @Override
  public boolean isEmpty(String namespace) {
    return demands.memory(namespace).isEmpty();
  }

  @Override
  public byte[] write(String namespace, Instant at, int most) {
    DemandBook book = new DemandBook(at, demands.memory(namespace));
    demands.saved(namespace);
    byte[] bytes = book.write();
    if (bytes.length > most) {
      bytes = book.withoutDays().write();
    }
    return bytes.length <= most ? bytes : book.withoutMinutes().write();
  }

  @Override
  public void unsaved(String namespace) {
    demands.unsaved(namespace);
  }

  @Override
  public Instant read(String namespace, byte[] bytes) {
    DemandBook book = DemandBook.read(bytes);
    demands.restore(namespace, book.deployments());
    return book.at();
  }
}
