package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// One ready gateway in the installation's namespace.
final class GatewayPod {
  static final FakeApi.Key KEY = new FakeApi.Key(Kind.POD, OperatorProcess.HOME, "gateway-1");

  private GatewayPod() {}

  /// Creates it and its namespace; its process begins now.
  static void start(FakeApi api, VirtualClock clock) {
    FakeFleet fleet = new FakeFleet(api, clock, new Bill());
    fleet.apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(OperatorProcess.HOME));
    fleet.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: gateway-1
          namespace: %s
          labels:
            app.kubernetes.io/part-of: comptroller
            app.kubernetes.io/component: gateway
        spec: {containers: [{name: gateway}]}
        """
            .formatted(OperatorProcess.HOME));
    api.edit(
        KEY,
        pod -> {
          ObjectNode status = pod.putObject("status").put("podIP", "10.0.0.1");
          status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
          ObjectNode container = status.putArray("containerStatuses").addObject();
          container.put("name", "gateway");
          container
              .putObject("state")
              .putObject("running")
              .put("startedAt", clock.instant().toString());
        });
  }
}
