package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// JSON patches (RFC 6902, without move and copy) and merge patches (RFC 7386). Pure.
final class Patches {
  private Patches() {}

  /// A patch whose test does not hold or whose path does not exist.
  static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedException(String message) {
      super(message);
    }
  }

  /// `target` after the operations of `patch`.
  static ObjectNode json(ObjectNode target, JsonNode patch) {
    ObjectNode result = target.deepCopy();
    for (JsonNode operation : patch) {
      String path = operation.path("path").asText();
      int slash = path.lastIndexOf('/');
      JsonNode parent = result.at(path.substring(0, slash));
      String field = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      String op = operation.path("op").asText();
      switch (op) {
        case "test" -> {
          if (!child(parent, field).equals(operation.get("value"))) {
            throw new FailedException("testing value " + path + " failed");
          }
        }
        case "add", "replace" -> set(parent, field, operation.get("value"), op, path);
        case "remove" -> remove(parent, field, path);
        default -> throw new FailedException("operation " + op + " is unknown");
      }
    }
    return result;
  }

  /// `target` after the merge patch `patch`.
  static ObjectNode merge(ObjectNode target, JsonNode patch) {
    ObjectNode result = target.deepCopy();
    patch
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              if (value.isNull()) {
                result.remove(entry.getKey());
              } else if (value.isObject()) {
                JsonNode old = result.get(entry.getKey());
                ObjectNode base =
                    old instanceof ObjectNode object ? object : FakeApi.JSON.createObjectNode();
                result.set(entry.getKey(), merge(base, value));
              } else {
                result.set(entry.getKey(), value);
              }
            });
    return result;
  }

  private static JsonNode child(JsonNode parent, String field) {
    return parent.isArray() ? parent.path(Integer.parseInt(field)) : parent.path(field);
  }

  private static void set(JsonNode parent, String field, JsonNode value, String op, String path) {
    switch (parent) {
      case ObjectNode object -> {
        if (op.equals("replace") && !object.has(field)) {
          throw new FailedException("replace of " + path + ", which does not exist");
        }
        object.set(field, value);
      }
      case ArrayNode array when field.equals("-") -> array.add(value);
      case ArrayNode array when op.equals("add") -> array.insert(Integer.parseInt(field), value);
      case ArrayNode array -> array.set(Integer.parseInt(field), value);
      default -> throw new FailedException("path " + path + " does not exist");
    }
  }

  private static void remove(JsonNode parent, String field, String path) {
    JsonNode old =
        switch (parent) {
          case ObjectNode object -> object.remove(field);
          case ArrayNode array -> array.remove(Integer.parseInt(field));
          default -> null;
        };
    if (old == null) {
      throw new FailedException("path " + path + " does not exist");
    }
  }
}
