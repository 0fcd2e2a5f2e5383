package dev.comptroller.reconcile.budget;

import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;

/// Where decisions that changed something are kept, with everything that they were made from, so
/// that they can be made again.
@FunctionalInterface
public interface Traces {
  /// Nothing is kept.
  Traces NONE = _ -> {};

  /// Keeps `trace`; a failure is logged and never holds the caller up.
  void keep(Trace trace);

  /// A decision and its arguments; the instant is the decision's.
  record Trace(NamespaceSeen seen, NamespacePolicy policy, NamespaceDecision decision) {}
}
