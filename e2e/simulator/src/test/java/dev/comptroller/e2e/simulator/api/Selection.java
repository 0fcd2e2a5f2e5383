package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/// The objects that a list or a watch asks for.
///
/// @param labels `key=value` or `key`, all of which hold
/// @param name empty for all
record Selection(Target target, List<String> labels, String name) {
  /// What `query` asks for at `target`.
  static Selection of(Target target, Map<String, String> query) {
    String labels = query.getOrDefault("labelSelector", "");
    String field = query.getOrDefault("fieldSelector", "");
    if (!field.isEmpty() && !field.startsWith("metadata.name=")) {
      throw new FakeApi.RefusedException(400, "BadRequest", "field selector " + field);
    }
    return new Selection(
        target,
        labels.isEmpty() ? List.of() : List.of(labels.split(",")),
        field.isEmpty() ? target.name() : field.substring(field.indexOf('=') + 1));
  }

  /// Whether the object at `key` is one of them.
  boolean covers(FakeApi.Key key, JsonNode object) {
    JsonNode found = object.at("/metadata/labels");
    return key.kind().equals(target.kind())
        && (target.namespace().isEmpty() || target.namespace().equals(key.namespace()))
        && (name.isEmpty() || name.equals(key.name()))
        && labels.stream().allMatch(label -> holds(label, found));
  }

  private static boolean holds(String label, JsonNode found) {
    int equals = label.indexOf('=');
    return equals < 0
        ? found.has(label)
        : found.path(label.substring(0, equals)).asText("\n").equals(label.substring(equals + 1));
  }
}
