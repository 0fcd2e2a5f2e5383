package dev.comptroller.api.schema;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Walks the Java types beside their generated schema, adds what the generator cannot say - list
/// types, text formats, integer formats, the order of columns - and collects every field that is
/// not described or not bounded.
final class SchemaFinish {
  private final List<String> problems = new ArrayList<>();

  private SchemaFinish() {}

  /// Finishes a definition in place; throws with every problem where a type is incomplete.
  static void finish(Class<?> kind, CustomResourceDefinition definition) {
    SchemaFinish walk = new SchemaFinish();
    CustomResourceDefinitionVersion version = definition.getSpec().getVersions().getFirst();
    JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
    walk.describe(kind.getSimpleName(), kind, root);
    root.setRequired(List.of("spec"));
    Type[] parts =
        ((ParameterizedType) kind.getGenericSuperclass()).getActualTypeArguments().clone();
    walk.part("spec", (Class<?>) parts[0], root, true);
    walk.part("status", (Class<?>) parts[1], root, false);
    walk.orderColumns(kind, version);
    if (!walk.problems.isEmpty()) {
      throw new IllegalStateException(
          kind.getSimpleName() + ":\n  " + String.join("\n  ", walk.problems));
    }
  }

  private void part(String name, Class<?> type, JSONSchemaProps root, boolean checked) {
    JSONSchemaProps schema = Objects.requireNonNull(root.getProperties().get(name), name);
    describe(name, type, schema);
    object(name, type, schema, checked);
  }

  private void describe(String path, Class<?> type, JSONSchemaProps schema) {
    JsonClassDescription description = type.getAnnotation(JsonClassDescription.class);
    if (description == null) {
      problems.add(path + ": " + type.getSimpleName() + " has no @JsonClassDescription");
    } else {
      schema.setDescription(description.value());
    }
  }

  private void object(String path, Class<?> type, JSONSchemaProps schema, boolean checked) {
    if (!type.isAnnotationPresent(Wire.class)) {
      problems.add(path + ": " + type.getSimpleName() + " has no @Wire");
    }
    for (ValidationRule rule : orEmpty(schema.getXKubernetesValidations())) {
      if (rule.getMessage() == null || rule.getMessage().isBlank()) {
        problems.add(path + ": a rule has no message: " + rule.getRule());
      }
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String name = wireName(component);
      JSONSchemaProps property = schema.getProperties().get(name);
      String below = path + "." + name;
      if (property == null) {
        problems.add(below + ": is not in the generated schema");
        continue;
      }
      if (property.getDescription() == null || property.getDescription().isBlank()) {
        problems.add(below + ": has no @JsonPropertyDescription");
      }
      value(below, component, component.getGenericType(), property, checked);
    }
  }

  private void value(
      String path, RecordComponent component, Type type, JSONSchemaProps schema, boolean checked) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      list(path, component, schema);
      value(
          path + "[]",
          component,
          list.getActualTypeArguments()[0],
          schema.getItems().getSchema(),
          checked);
    } else if (type == String.class) {
      text(path, component.getAnnotation(Text.class), schema, checked);
    } else if (type == Integer.class || type == Long.class) {
      schema.setFormat(type == Integer.class ? "int32" : "int64");
      if (checked && (schema.getMinimum() == null || schema.getMaximum() == null)) {
        problems.add(path + ": has no @Min and @Max");
      }
    } else if (type instanceof Class<?> nested && nested.isRecord()) {
      object(path, nested, schema, checked);
    } else if (!(type instanceof Class<?> plain) || !(plain.isEnum() || plain == Boolean.class)) {
      problems.add(path + ": has a type that the API does not use: " + type.getTypeName());
    }
  }

  private void list(String path, RecordComponent component, JSONSchemaProps schema) {
    Keyed keyed = component.getAnnotation(Keyed.class);
    if (keyed != null) {
      schema.setXKubernetesListType("map");
      schema.setXKubernetesListMapKeys(List.of(keyed.value()));
      if (!orEmpty(schema.getItems().getSchema().getRequired()).contains(keyed.value())) {
        problems.add(path + ": its key " + keyed.value() + " is not @Required");
      }
    } else {
      schema.setXKubernetesListType(
          component.isAnnotationPresent(Distinct.class) ? "set" : "atomic");
    }
    if (schema.getMaxItems() == null) {
      problems.add(path + ": has no @Size(max = ...)");
    }
  }

  private void text(String path, @Nullable Text text, JSONSchemaProps schema, boolean checked) {
    if (text == null) {
      problems.add(path + ": has no @Text");
      return;
    }
    Format format = text.value();
    schema.setMaxLength((long) format.maxLength());
    if (format == Format.INSTANT) {
      schema.setFormat("date-time");
    }
    if (checked && !format.rule().isEmpty()) {
      List<ValidationRule> rules = new ArrayList<>(orEmpty(schema.getXKubernetesValidations()));
      rules.add(
          new ValidationRuleBuilder()
              .withRule(format.rule())
              .withMessage(format.message())
              .build());
      schema.setXKubernetesValidations(rules);
    }
  }

  private void orderColumns(Class<?> kind, CustomResourceDefinitionVersion version) {
    List<String> names =
        Arrays.stream(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    List<CustomResourceColumnDefinition> columns =
        new ArrayList<>(version.getAdditionalPrinterColumns());
    columns.sort(Comparator.comparingInt(column -> names.indexOf(column.getName())));
    version.setAdditionalPrinterColumns(columns);
  }

  private static String wireName(RecordComponent component) {
    JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
    return property == null ? component.getName() : property.value();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> values) {
    return values == null ? List.of() : values;
  }
}
