package dev.comptroller.api.schema;

import dev.comptroller.api.conditions.ConditionType;
import dev.comptroller.api.conditions.Reason;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionNames;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Generates the reference pages: one for each kind from its schema, one of conditions and reasons
/// from their enums, and an index.
public final class CrdReference {
  private static final String HEADER =
      "<!-- Generated from the types in crds/; do not edit. -->\n\n";

  private final StringBuilder page = new StringBuilder(HEADER);

  private CrdReference() {}

  /// Writes the pages into the folder named by the first argument.
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: CrdReference FOLDER");
    }
    CrdWriter.write(Path.of(args[0]), files());
  }

  /// Returns the pages by file name.
  public static SortedMap<String, String> files() {
    SortedMap<String, String> files = new TreeMap<>();
    StringBuilder index = new StringBuilder(HEADER + "# API reference\n\n");
    for (CustomResourceDefinition crd : CrdWriter.definitions()) {
      CustomResourceDefinitionNames names = crd.getSpec().getNames();
      String file = names.getSingular() + ".md";
      files.put(file, new CrdReference().kind(crd));
      index
          .append("- [%s](%s) - ".formatted(names.getKind(), file))
          .append(schema(crd).getDescription())
          .append('\n');
    }
    files.put("conditions.md", new CrdReference().conditions());
    index.append("- [Conditions](conditions.md) - condition types and their reasons.\n");
    files.put("README.md", index.toString());
    return files;
  }

  private String kind(CustomResourceDefinition crd) {
    CustomResourceDefinitionNames names = crd.getSpec().getNames();
    CustomResourceDefinitionVersion version = crd.getSpec().getVersions().getFirst();
    JSONSchemaProps root = schema(crd);
    page.append("# ").append(names.getKind()).append("\n\n");
    page.append(root.getDescription()).append("\n\n");
    page.append("`apiVersion: %s/%s`, ".formatted(crd.getSpec().getGroup(), version.getName()))
        .append("`kind: %s`, ".formatted(names.getKind()))
        .append(crd.getSpec().getScope().equals("Cluster") ? "cluster-scoped, " : "namespaced, ")
        .append("short name `%s`.\n\n".formatted(String.join("`, `", names.getShortNames())));
    page.append("Money is a string of US dollars such as `\"120.00\"`, with at most 6 decimals.\n")
        .append("CPM is dollars per million tokens. Ratios are whole percents. Durations are\n")
        .append("strings such as `30s`, `5m` or `1h30m`. Instants are RFC 3339 in UTC.\n\n");
    columns(version.getAdditionalPrinterColumns());
    rules(root);
    object("spec", root);
    object("status", root);
    return page.toString();
  }

  private void columns(List<CustomResourceColumnDefinition> columns) {
    page.append("`kubectl get` shows ").append(columnNames(columns, 0)).append("; `-o wide` also ");
    page.append(columnNames(columns, 1)).append(".\n\n");
  }

  private static String columnNames(List<CustomResourceColumnDefinition> columns, int priority) {
    return columns.stream()
        .filter(c -> (c.getPriority() == null ? 0 : c.getPriority()) == priority)
        .map(CustomResourceColumnDefinition::getName)
        .collect(Collectors.joining(", "));
  }

  private void object(String path, JSONSchemaProps parent) {
    String name = path.substring(path.lastIndexOf('.') + 1).replace("[]", "");
    JSONSchemaProps schema = element(parent.getProperties().get(name));
    if (schema == null || schema.getProperties() == null || schema.getProperties().isEmpty()) {
      return;
    }
    page.append("## `").append(path).append("`\n\n");
    if (!path.contains(".")) {
      page.append(schema.getDescription()).append("\n\n");
    }
    page.append("| field | type | default | description |\n|---|---|---|---|\n");
    schema.getProperties().forEach((field, property) -> row(schema, field, property));
    page.append('\n');
    rules(schema);
    schema
        .getProperties()
        .forEach(
            (field, property) ->
                object(path + "." + field + (isList(property) ? "[]" : ""), schema));
  }

  private void row(JSONSchemaProps parent, String field, JSONSchemaProps property) {
    boolean required = parent.getRequired() != null && parent.getRequired().contains(field);
    page.append("| `").append(field).append("` | ").append(type(property)).append(" | ");
    page.append(required ? "*required*" : defaultOf(property)).append(" | ");
    page.append(property.getDescription()).append(limits(property)).append(" |\n");
  }

  private static String type(JSONSchemaProps property) {
    JSONSchemaProps element = element(property);
    if (element == null) {
      return "";
    }
    String name =
        element.getEnum() == null || element.getEnum().isEmpty() ? element.getType() : "enum";
    String list =
        switch (property.getXKubernetesListType() == null
            ? ""
            : property.getXKubernetesListType()) {
          case "map" -> ", keyed by `" + property.getXKubernetesListMapKeys().getFirst() + "`";
          case "set" -> ", distinct";
          case String _ -> "";
        };
    return isList(property) ? "list of " + name + list : name;
  }

  private static String defaultOf(JSONSchemaProps property) {
    if (property.getDefault() == null || property.getDefault().isEmpty()) {
      boolean scalar = property.getDefault() != null && property.getDefault().isValueNode();
      return scalar ? "`" + property.getDefault().asText() + "`" : "";
    }
    return "`" + property.getDefault() + "`";
  }

  private static String limits(JSONSchemaProps property) {
    StringBuilder limits = new StringBuilder();
    if (property.getMinimum() != null && property.getMaximum() != null) {
      limits.append(
          " From %d to %d."
              .formatted(property.getMinimum().longValue(), property.getMaximum().longValue()));
    }
    if (property.getMaxItems() != null) {
      limits.append(" At most %d entries.".formatted(property.getMaxItems()));
    }
    JSONSchemaProps element = element(property);
    if (element != null && element.getEnum() != null && !element.getEnum().isEmpty()) {
      limits.append(
          element.getEnum().stream()
              .map(value -> "`" + value.asText() + "`")
              .collect(Collectors.joining(", ", " One of ", ".")));
    }
    if (element != null && (element.getProperties() == null || element.getProperties().isEmpty())) {
      messages(element).forEach(message -> limits.append(" *").append(message).append(".*"));
    }
    return limits.toString();
  }

  private void rules(JSONSchemaProps schema) {
    List<String> messages = messages(schema).toList();
    if (messages.isEmpty()) {
      return;
    }
    page.append("Rules:\n\n");
    messages.forEach(message -> page.append("- ").append(message).append('\n'));
    page.append('\n');
  }

  /// The messages of the rules on a schema; those of objects stand in the object's own section.
  private static Stream<String> messages(@Nullable JSONSchemaProps schema) {
    return schema == null || schema.getXKubernetesValidations() == null
        ? Stream.of()
        : schema.getXKubernetesValidations().stream().map(ValidationRule::getMessage);
  }

  private String conditions() {
    page.append("# Conditions\n\n");
    page.append("Every condition has a type, a status, a reason, a message with numbers, the\n")
        .append("generation that it was computed from, and the time when its status changed.\n\n")
        .append("| type | True means |\n|---|---|\n");
    for (ConditionType type : ConditionType.values()) {
      page.append("| `").append(type.wire()).append("` | ").append(type.sentence()).append(" |\n");
    }
    page.append("\n## Reasons\n\n| reason | on | meaning |\n|---|---|---|\n");
    for (Reason reason : Reason.values()) {
      String on =
          reason.conditions().stream().map(ConditionType::wire).collect(Collectors.joining(", "));
      page.append("| `").append(reason.wire()).append("` | ").append(on).append(" | ");
      page.append(reason.sentence()).append(" |\n");
    }
    return page.toString();
  }

  private static boolean isList(JSONSchemaProps property) {
    return "array".equals(property.getType());
  }

  private static @Nullable JSONSchemaProps element(@Nullable JSONSchemaProps property) {
    return property != null && isList(property) ? property.getItems().getSchema() : property;
  }

  private static JSONSchemaProps schema(CustomResourceDefinition crd) {
    return crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
  }
}
