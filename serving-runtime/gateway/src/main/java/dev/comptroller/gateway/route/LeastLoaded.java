package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route.Replica;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Picks the replica that would be least loaded with one request more.
///
/// Load is (requests in flight + 1) / maxSequences, compared exactly. Suspect replicas come last,
/// whatever their load. Ties go to the first by name, then by address, so that equal views give
/// equal picks.
public final class LeastLoaded {
  private static final Comparator<ReplicaView> ORDER =
      Comparator.comparing(ReplicaView::suspect)
          .thenComparing(LeastLoaded::compareLoad)
          .thenComparing(view -> view.replica().name())
          .thenComparing(view -> view.replica().address());

  private LeastLoaded() {}

  /// The best of some replicas; empty if there are none.
  public static Optional<Replica> pick(List<ReplicaView> views) {
    return views.stream().min(ORDER).map(ReplicaView::replica);
  }

  private static int compareLoad(ReplicaView a, ReplicaView b) {
    long left = (a.inFlight() + 1L) * Math.max(1, b.replica().maxSequences());
    long right = (b.inFlight() + 1L) * Math.max(1, a.replica().maxSequences());
    return Long.compare(left, right);
  }
}
