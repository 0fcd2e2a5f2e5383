package dev.comptroller.reconcile.signals;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;

/// What replicas work on.
public interface EngineLoads {
  /// What the pod with `uid` was last seen to work on.
  Optional<EngineLoad> load(String uid);

  /// Asks for `pods` to be looked at soon; does not wait.
  void look(List<Pod> pods);
}
