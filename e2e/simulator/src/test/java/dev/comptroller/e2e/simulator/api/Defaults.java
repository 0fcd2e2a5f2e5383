package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Fills in what the schemas of our custom resources default, as the API server does.
final class Defaults {
  private static final Path CRDS = Path.of("../../crds/src/main/crds");

  private final Map<String, JsonNode> specs = new HashMap<>();

  Defaults() {
    ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    try (Stream<Path> found = Files.list(CRDS)) {
      for (Path file : found.sorted().toList()) {
        JsonNode crd = yaml.readTree(file.toFile());
        JsonNode schema = crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
        specs.put(crd.at("/spec/names/kind").asText(), schema);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (specs.size() != 3) {
      throw new IllegalStateException("%d CRDs in %s, not 3".formatted(specs.size(), CRDS));
    }
  }

  /// Fills in the spec of `object`, if it is one of ours.
  void fill(ObjectNode object) {
    JsonNode schema = specs.get(object.path("kind").asText());
    if (schema != null && object.get("spec") instanceof ObjectNode spec) {
      fill(spec, schema);
    }
  }

  private static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      schema
          .path("properties")
          .properties()
          .forEach(
              property -> {
                JsonNode fallback = property.getValue().get("default");
                if (!object.has(property.getKey()) && fallback != null) {
                  object.set(property.getKey(), fallback.deepCopy());
                }
                fill(object.path(property.getKey()), property.getValue());
              });
    } else if (value.isArray()) {
      List.copyOf(value.valueStream().toList()).forEach(v -> fill(v, schema.path("items")));
    }
  }
}
