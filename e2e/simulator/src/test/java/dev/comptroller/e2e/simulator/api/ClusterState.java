package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.protocol.Names;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What counts of the state of a cluster, as text: objects of the operator, what statuses say,
/// grants, the routing table, pods.
final class ClusterState {
  private ClusterState() {}

  /// What counts of the state of the cluster.
  static String of(Rig rig) {
    TreeMap<String, String> all = new TreeMap<>();
    TreeMap<String, Integer> pods = new TreeMap<>();
    for (FakeApi.Key key : rig.api.keys()) {
      JsonNode object = rig.api.get(key).orElseThrow();
      switch (key.kind().name()) {
        case "Deployment", "Service" -> all.put(key.toString(), object.get("spec").toString());
        case "Pod" ->
            pods.merge(
                object.at("/metadata/labels").path(Names.VARIANT_LABEL).asText()
                    + " "
                    + object.at("/status/phase").asText(),
                1,
                Integer::sum);
        case "ModelDeployment" ->
            all.put(
                key.toString(),
                object.at("/status/activeVariant")
                    + " "
                    + object.at("/status/transition")
                    + conditions(object));
        case "InferenceBudget" -> all.put(key.toString(), grants(object) + conditions(object));
        case "ConfigMap" -> {
          if (key.name().equals(Names.ROUTING_CONFIG_MAP)) {
            all.put(key.toString(), legs(object));
          }
        }
        default -> {}
      }
    }
    return all + " " + pods;
  }

  private static String conditions(JsonNode object) {
    return object
        .at("/status/conditions")
        .valueStream()
        .map(
            c ->
                c.path("type").asText()
                    + "="
                    + c.path("status").asText()
                    + "/"
                    + c.path("reason").asText())
        .sorted()
        .collect(Collectors.joining(" ", " [", "]"));
  }

  private static String grants(JsonNode object) {
    return object
        .at("/status/grants")
        .valueStream()
        .map(
            g ->
                g.path("deployment").asText()
                    + " "
                    + g.path("variant").asText()
                    + " x "
                    + g.path("replicas"))
        .toList()
        .toString();
  }

  private static String legs(JsonNode object) {
    JsonNode table = FakeApi.read(object.at("/data").path(Names.ROUTING_KEY).asText());
    return table
        .path("routes")
        .valueStream()
        .map(
            route ->
                route.path("activeVariant").asText()
                    + route
                        .path("legs")
                        .valueStream()
                        .map(
                            l ->
                                l.path("variant").asText()
                                    + l.path("weight")
                                    + "x"
                                    + l.path("replicas").size())
                        .toList())
        .toList()
        .toString();
  }
}
