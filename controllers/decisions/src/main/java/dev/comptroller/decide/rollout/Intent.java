package dev.comptroller.decide.rollout;

import java.util.List;

/// Something to be done. Each may be done again, and any number of the first ones of a list may
/// have been done already.
public sealed interface Intent {
  /// Have the weights of a variant read on a node of its pool.
  record Prestage(String variant) implements Intent {}

  /// Remove the reader of weights.
  record EndPrestage() implements Intent {}

  /// Have so many replicas of a variant.
  record Scale(String variant, int replicas, long revision) implements Intent {}

  /// Send first requests to these replicas.
  record WarmUp(String variant, List<String> uids) implements Intent {
    public WarmUp {
      uids = List.copyOf(uids);
    }
  }

  /// Point the Service at a variant.
  record Expose(String variant) implements Intent {}

  /// Remove the Deployment of a variant, which has no replicas left.
  record Delete(String variant) implements Intent {}
}
