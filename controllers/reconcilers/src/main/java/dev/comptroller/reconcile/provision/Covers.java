package dev.comptroller.reconcile.provision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;

/// Whether an object says what is wanted of it already, whatever else it says: then it need not be
/// written. Pure.
final class Covers {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Covers() {}

  /// Whether every value of `wanted` stands in `there`; lists have to be equal in length.
  static boolean covers(Object there, Map<String, Object> wanted) {
    JsonNode found = Serialization.unmarshal(Serialization.asJson(there), JsonNode.class);
    return has(found, JSON.valueToTree(wanted));
  }

  private static boolean has(JsonNode there, JsonNode wanted) {
    if (wanted.isObject()) {
      for (var field : wanted.properties()) {
        if (!has(there.path(field.getKey()), field.getValue())) {
          return false;
        }
      }
      return there.isObject();
    }
    if (wanted.isArray()) {
      if (there.size() != wanted.size()) {
        return false;
      }
      for (int i = 0; i < wanted.size(); i++) {
        if (!has(there.path(i), wanted.path(i))) {
          return false;
        }
      }
      return there.isArray();
    }
    return there.asText().equals(wanted.asText());
  }
}
