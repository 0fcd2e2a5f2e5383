package dev.comptroller.e2e.nodeagent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;

/// The two writes of a kubelet to a pod.
final class PodPatch {
  static final PatchContext STRATEGIC = PatchContext.of(PatchType.STRATEGIC_MERGE);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectNode REPLACE = JSON.createObjectNode().put("$patch", "replace");

  private PodPatch() {}

  /// A strategic merge patch that makes the status so for this very pod. Conditions of others stay;
  /// reasons and messages of ours that no longer hold are taken back, and so are addresses: under
  /// another agent a pod has another one, and the API refuses two of one family.
  static String of(KubernetesClient client, String uid, PodStatus status) {
    ObjectNode body = client.getKubernetesSerialization().convertValue(status, ObjectNode.class);
    for (JsonNode condition : body.path("conditions")) {
      if (condition instanceof ObjectNode object) {
        for (String field : new String[] {"reason", "message"}) {
          if (!object.hasNonNull(field)) {
            object.putNull(field);
          }
        }
      }
    }
    ArrayNode addresses = JSON.createArrayNode().add(REPLACE);
    body.path("podIPs").forEach(addresses::add);
    body.set("podIPs", addresses);
    if (!body.hasNonNull("podIP")) {
      body.putNull("podIP");
    }
    ObjectNode patch = JSON.createObjectNode();
    patch.putObject("metadata").put("uid", uid);
    patch.set("status", body);
    return patch.toString();
  }

  /// Deletes this very pod without grace: what lets an object go that has no finalizers.
  static void delete(KubernetesClient client, Pod pod) {
    Map<String, Object> options =
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "DeleteOptions",
            "gracePeriodSeconds",
            0,
            "preconditions",
            Map.of("uid", pod.getMetadata().getUid()));
    String path =
        "/api/v1/namespaces/"
            + pod.getMetadata().getNamespace()
            + "/pods/"
            + pod.getMetadata().getName();
    client.raw(path, "DELETE", options);
  }
}
