package dev.comptroller.reconcile.trace;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.decide.loop.NamespaceSeen;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Compares a JSON tree with the record it is to become, so that what is missing is named before
/// anybody trips over it.
final class Shape {
  /// Whether the class files tell which components may be absent.
  private static final boolean TOLD =
      Arrays.stream(NamespaceSeen.class.getRecordComponents()).anyMatch(Shape::isOptional);

  private Shape() {}

  /// Every field of `type` that `node` lacks, by its path.
  static List<String> missing(JsonNode node, Class<?> type) {
    List<String> missing = new ArrayList<>();
    look(node, type, "", missing);
    return missing;
  }

  private static void look(JsonNode node, Type type, String path, List<String> missing) {
    switch (type) {
      case Class<?> record when record.isRecord() && node.isObject() -> {
        for (RecordComponent component : record.getRecordComponents()) {
          field(node, component, path, missing);
        }
      }
      case ParameterizedType list when list.getRawType() == List.class && node.isArray() -> {
        for (int i = 0; i < node.size(); i++) {
          look(node.get(i), list.getActualTypeArguments()[0], path + "[" + i + "]", missing);
        }
      }
      default -> {}
    }
  }

  private static void field(
      JsonNode node, RecordComponent component, String path, List<String> missing) {
    String name = path.isEmpty() ? component.getName() : path + "." + component.getName();
    JsonNode value = node.get(component.getName());
    if (value == null) {
      missing.add("%s: is missing%s".formatted(name, isOptional(component) ? ", give null" : ""));
    } else if (value.isNull()) {
      if (TOLD && !isOptional(component)) {
        missing.add("%s: is null, give a value".formatted(name));
      }
    } else {
      look(value, component.getGenericType(), name, missing);
    }
  }

  private static boolean isOptional(RecordComponent component) {
    return Arrays.stream(component.getAnnotatedType().getAnnotations())
        .anyMatch(each -> each.annotationType().getSimpleName().equals("Nullable"));
  }
}
