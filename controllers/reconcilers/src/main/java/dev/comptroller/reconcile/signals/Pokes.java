package dev.comptroller.reconcile.signals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.Set;

/// An event source that has no resources of its own: others say which primaries to look at again.
///
/// @param <P> the primary resource
public final class Pokes<P extends HasMetadata> extends AbstractEventSource<Void, P> {
  /// Pokes under a name of its own among the event sources of a reconciler.
  public Pokes(String name) {
    super(Void.class, name);
  }

  /// Asks for the primary called `name` to be reconciled; nothing happens while not running.
  public void poke(String namespace, String name) {
    if (isRunning()) {
      getEventHandler().handleEvent(new Event(new ResourceID(name, namespace)));
    }
  }

  /// Asks for a cluster-scoped primary to be reconciled.
  public void poke(String name) {
    if (isRunning()) {
      getEventHandler().handleEvent(new Event(new ResourceID(name)));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(P primary) {
    return Set.of();
  }
}
