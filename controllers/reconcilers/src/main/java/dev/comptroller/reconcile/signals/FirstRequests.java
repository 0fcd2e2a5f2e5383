package dev.comptroller.reconcile.signals;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;

/// The first requests to new replicas, and what came of them.
public interface FirstRequests {
  /// What is known of `pod` as it runs now.
  Optional<Warmer.Outcome> outcome(Pod pod);

  /// Asks `pod`, unless it was asked already, and then calls `done`.
  void warm(Pod pod, String model, Runnable done);
}
