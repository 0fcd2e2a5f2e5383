package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Server-side apply, as far as the objects of the operator need it. Pure.
///
/// Ownership is a tree of fields as in `fieldsV1`: `f:name` for a field, `k:{...}` for an element
/// of a list with keys, `v:...` for an element of a set; everything else is one value. Applying is
/// always forced: what is applied is taken from other managers.
final class Apply {
  private static final Map<String, List<String>> KEYS =
      Map.of(
          "containers", List.of("name"),
          "initContainers", List.of("name"),
          "env", List.of("name"),
          "volumes", List.of("name"),
          "volumeMounts", List.of("mountPath"),
          "ownerReferences", List.of("uid"));
  private static final Set<String> NO_FIELDS =
      Set.of(
          "apiVersion",
          "kind",
          "name",
          "namespace",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "managedFields");

  private Apply() {}

  /// The fields that `applied` speaks of.
  static ObjectNode fields(ObjectNode applied) {
    ObjectNode fields = FakeApi.JSON.createObjectNode();
    applied
        .properties()
        .forEach(
            entry -> {
              if (entry.getKey().equals("metadata")) {
                ObjectNode metadata = fields((ObjectNode) entry.getValue());
                if (!metadata.isEmpty()) {
                  fields.set("f:metadata", metadata);
                }
              } else if (!NO_FIELDS.contains(entry.getKey())) {
                fields.set("f:" + entry.getKey(), tree(entry.getKey(), entry.getValue()));
              }
            });
    return fields;
  }

  private static ObjectNode tree(String name, JsonNode value) {
    ObjectNode fields = FakeApi.JSON.createObjectNode();
    if (value instanceof ObjectNode object) {
      object
          .properties()
          .forEach(e -> fields.set("f:" + e.getKey(), tree(e.getKey(), e.getValue())));
    } else if (value instanceof ArrayNode array && name.equals("finalizers")) {
      array.forEach(element -> fields.putObject("v:" + element));
    } else if (value instanceof ArrayNode array && !keys(name, array).isEmpty()) {
      for (JsonNode element : array) {
        ObjectNode inner = tree("", element);
        inner.putObject(".");
        fields.set("k:" + key(keys(name, array), element), inner);
      }
    }
    return fields;
  }

  /// `live` with what `applied` says.
  static ObjectNode merge(ObjectNode live, ObjectNode applied) {
    ObjectNode result = live.deepCopy();
    applied
        .properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              JsonNode now = entry.getValue();
              JsonNode old = result.get(name);
              if (now instanceof ObjectNode object && old instanceof ObjectNode base) {
                result.set(name, merge(base, object));
              } else if (now instanceof ArrayNode array && old instanceof ArrayNode base) {
                result.set(name, merge(name, base, array));
              } else {
                result.set(name, now.deepCopy());
              }
            });
    return result;
  }

  private static JsonNode merge(String name, ArrayNode live, ArrayNode applied) {
    List<String> keys = keys(name, applied);
    boolean isSet = name.equals("finalizers");
    if (keys.isEmpty() && !isSet) {
      return applied.deepCopy();
    }
    ArrayNode result = live.deepCopy();
    for (JsonNode element : applied) {
      int at = isSet ? index(result, element) : index(result, keys, element);
      if (at < 0) {
        result.add(element.deepCopy());
      } else if (!isSet) {
        result.set(at, merge((ObjectNode) result.get(at), (ObjectNode) element));
      }
    }
    return result;
  }

  /// Takes out of `object` what is in `before` and neither in `after` nor in `others`.
  static void prune(ObjectNode object, JsonNode before, JsonNode after, List<JsonNode> others) {
    before
        .properties()
        .forEach(
            entry -> {
              String field = entry.getKey();
              JsonNode next = after.path(field);
              List<JsonNode> rest = new ArrayList<>();
              others.stream()
                  .map(o -> o.path(field))
                  .filter(o -> !o.isMissingNode())
                  .forEach(rest::add);
              if (field.startsWith("f:")) {
                prune(object, field.substring(2), entry.getValue(), next, rest);
              }
            });
  }

  private static void prune(
      ObjectNode object, String name, JsonNode before, JsonNode after, List<JsonNode> others) {
    JsonNode value = object.get(name);
    if (value == null) {
      return;
    }
    if (after.isMissingNode() && others.isEmpty()) {
      object.remove(name);
    } else if (value instanceof ObjectNode inner) {
      prune(inner, before, after, others);
    } else if (value instanceof ArrayNode array) {
      for (Iterator<JsonNode> each = array.iterator(); each.hasNext(); ) {
        JsonNode element = each.next();
        String field =
            name.equals("finalizers") ? "v:" + element : "k:" + key(keys(name, array), element);
        if (before.has(field)) {
          boolean kept = after.has(field) || others.stream().anyMatch(o -> o.has(field));
          if (!kept) {
            each.remove();
          } else if (element instanceof ObjectNode inner) {
            List<JsonNode> rest = new ArrayList<>();
            others.stream().filter(o -> o.has(field)).forEach(o -> rest.add(o.get(field)));
            prune(inner, before.get(field), after.path(field), rest);
          }
        }
      }
    }
  }

  /// Takes what is in `taken` out of `owned`.
  static void release(ObjectNode owned, JsonNode taken) {
    for (Iterator<Map.Entry<String, JsonNode>> each = owned.properties().iterator();
        each.hasNext(); ) {
      Map.Entry<String, JsonNode> entry = each.next();
      JsonNode inner = taken.get(entry.getKey());
      if (inner != null && entry.getValue() instanceof ObjectNode mine) {
        if (!mine.isEmpty()) {
          release(mine, inner);
        }
        if (mine.isEmpty()) {
          each.remove();
        }
      }
    }
  }

  private static List<String> keys(String name, ArrayNode array) {
    if (name.equals("ports") && !array.isEmpty()) {
      return array.get(0).has("containerPort")
          ? List.of("containerPort", "protocol")
          : List.of("port", "protocol");
    }
    return KEYS.getOrDefault(name, List.of());
  }

  private static String key(List<String> keys, JsonNode element) {
    ObjectNode key = FakeApi.JSON.createObjectNode();
    keys.forEach(name -> key.set(name, element.get(name)));
    return key.toString();
  }

  private static int index(ArrayNode array, List<String> keys, JsonNode element) {
    for (int i = 0; i < array.size(); i++) {
      JsonNode other = array.get(i);
      if (keys.stream().allMatch(key -> other.path(key).equals(element.path(key)))) {
        return i;
      }
    }
    return -1;
  }

  private static int index(ArrayNode array, JsonNode element) {
    for (int i = 0; i < array.size(); i++) {
      if (array.get(i).equals(element)) {
        return i;
      }
    }
    return -1;
  }
}
