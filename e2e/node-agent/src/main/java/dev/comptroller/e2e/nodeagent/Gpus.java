package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;

/// How many GPUs a pod holds.
final class Gpus {
  static final String RESOURCE = "nvidia.com/gpu";

  private Gpus() {}

  /// The larger of what its containers need together and what one init container needs.
  static long of(Pod pod) {
    long together = 0;
    for (Container container : pod.getSpec().getContainers()) {
      together += of(container);
    }
    long largest = 0;
    for (Container container : init(pod)) {
      largest = Math.max(largest, of(container));
    }
    return Math.max(together, largest);
  }

  private static List<Container> init(Pod pod) {
    List<Container> init = pod.getSpec().getInitContainers();
    return init == null ? List.of() : init;
  }

  private static long of(Container container) {
    if (container.getResources() == null) {
      return 0;
    }
    Map<String, Quantity> limits = container.getResources().getLimits();
    Quantity held = limits == null ? null : limits.get(RESOURCE);
    return held == null ? 0 : Quantity.getAmountInBytes(held).longValueExact();
  }
}
