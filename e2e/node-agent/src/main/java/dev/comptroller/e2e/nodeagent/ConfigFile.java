package dev.comptroller.e2e.nodeagent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.Timing;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads an agent's JSON configuration; every complaint names the field and what belongs there.
final class ConfigFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ConfigFile() {}

  /// A configuration that cannot be used, and why.
  static final class InvalidConfig extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidConfig(String field, String problem) {
      super(field + ": " + problem);
    }
  }

  static AgentConfig read(Path file) throws InvalidConfig, IOException {
    try {
      return parse(Files.readString(file));
    } catch (java.nio.file.NoSuchFileException e) {
      throw new InvalidConfig("--config", "there is no file " + file);
    }
  }

  static AgentConfig parse(String text) throws InvalidConfig {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InvalidConfig(
          "line " + e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage());
    }
    var at = new Field("", root);
    at.allowOnly(
        "folder",
        "nodes",
        "images",
        "volumePaths",
        "podAddresses",
        "hostEnvironment",
        "timing",
        "removeNodesOnStop",
        "nodeGroups");
    List<NodeConfig> nodes = at.list("nodes", ConfigFile::node);
    Set<String> names = new HashSet<>();
    for (NodeConfig node : nodes) {
      if (!names.add(node.name())) {
        throw new InvalidConfig("nodes", "two nodes are named \"" + node.name() + "\"");
      }
    }
    List<String> inherited =
        at.has("hostEnvironment") ? at.strings("hostEnvironment") : AgentConfig.INHERITABLE;
    Map<String, Path> paths = new LinkedHashMap<>();
    at.map("volumePaths").forEach((from, to) -> paths.put(from, Path.of(to)));
    String addresses = at.optional("podAddresses").orElse(AgentConfig.DEFAULT_POD_ADDRESSES);
    try {
      PodAddresses.Network.parse(addresses);
      return new AgentConfig(
          Path.of(at.text("folder")),
          nodes,
          at.list("images", ConfigFile::image),
          paths,
          addresses,
          inherited,
          timing(at.child("timing")),
          at.flag("removeNodesOnStop", true),
          at.flag("nodeGroups", false));
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      int colon = message.indexOf(": ");
      throw colon > 0
          ? new InvalidConfig(message.substring(0, colon), message.substring(colon + 2))
          : new InvalidConfig("configuration", message);
    }
  }

  private static NodeConfig node(Field at) throws InvalidConfig {
    at.allowOnly("name", "labels", "capacity");
    String name = at.text("name");
    if (!name.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
      throw new InvalidConfig(
          at.path("name"), "\"" + name + "\" is no node name: use lower-case letters, digits, - .");
    }
    Map<String, String> capacity = at.map("capacity");
    for (var entry : capacity.entrySet()) {
      try {
        if (Quantity.getAmountInBytes(new Quantity(entry.getValue())).signum() < 0) {
          throw new InvalidConfig(
              at.path("capacity." + entry.getKey()), "must not be negative: " + entry.getValue());
        }
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new InvalidConfig(
            at.path("capacity." + entry.getKey()),
            "\"" + entry.getValue() + "\" is no quantity; write for example \"8\" or \"128Gi\"");
      }
    }
    return new NodeConfig(name, at.map("labels"), capacity);
  }

  private static ImageConfig image(Field at) throws InvalidConfig {
    at.allowOnly(
        "repository", "entryPoint", "arguments", "environment", "shell", "workingDirectory");
    List<String> entryPoint = at.strings("entryPoint");
    boolean shell = at.flag("shell", false);
    if (entryPoint.isEmpty() && !shell) {
      throw new InvalidConfig(
          at.path("entryPoint"), "name the program to run, for example [\"java\", \"-jar\", FILE]");
    }
    return new ImageConfig(
        at.text("repository"),
        entryPoint,
        at.strings("arguments"),
        at.map("environment"),
        shell,
        at.optional("workingDirectory").map(Path::of).orElse(null));
  }

  private static Timing timing(Field at) throws InvalidConfig {
    at.allowOnly(
        "backOffBase",
        "backOffLimit",
        "backOffReset",
        "leaseRenewal",
        "probeWhileStarting",
        "stopGrace",
        "logLimitBytes");
    Timing defaults = Timing.defaults();
    return new Timing(
        at.duration("backOffBase", defaults.backOffBase()),
        at.duration("backOffLimit", defaults.backOffLimit()),
        at.duration("backOffReset", defaults.backOffReset()),
        at.duration("leaseRenewal", defaults.leaseRenewal()),
        at.duration("probeWhileStarting", defaults.probeWhileStarting()),
        at.duration("stopGrace", defaults.stopGrace()),
        at.number("logLimitBytes", defaults.logLimit()));
  }

  /// An object of the file and its path in it.
  private record Field(String where, JsonNode json) {
    private interface Reader<T> {
      T read(Field at) throws InvalidConfig;
    }

    String path(String name) {
      return where.isEmpty() ? name : where + "." + name;
    }

    boolean has(String name) {
      return json.hasNonNull(name);
    }

    void allowOnly(String... names) throws InvalidConfig {
      if (!json.isMissingNode() && !json.isObject()) {
        throw new InvalidConfig(where.isEmpty() ? "configuration" : where, "must be an object");
      }
      var known = List.of(names);
      for (var it = json.fieldNames(); it.hasNext(); ) {
        String name = it.next();
        if (!known.contains(name)) {
          throw new InvalidConfig(path(name), "unknown field; known here: " + known);
        }
      }
    }

    Field child(String name) {
      JsonNode value = json.path(name);
      return new Field(path(name), value.isNull() ? MissingNode.getInstance() : value);
    }

    Optional<String> optional(String name) throws InvalidConfig {
      return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    String text(String name) throws InvalidConfig {
      JsonNode value = json.path(name);
      if (value.isMissingNode() || value.isNull()) {
        throw new InvalidConfig(path(name), "is missing");
      }
      return scalar(path(name), value);
    }

    private static String scalar(String path, JsonNode value) throws InvalidConfig {
      if (!value.isTextual() && !value.isNumber()) {
        throw new InvalidConfig(path, "must be a string, not " + value);
      }
      if (value.asText().isBlank()) {
        throw new InvalidConfig(path, "must not be empty");
      }
      return value.asText();
    }

    boolean flag(String name, boolean fallback) throws InvalidConfig {
      JsonNode value = json.path(name);
      if (value.isMissingNode() || value.isNull()) {
        return fallback;
      }
      if (!value.isBoolean()) {
        throw new InvalidConfig(path(name), "must be true or false, not " + value);
      }
      return value.asBoolean();
    }

    long number(String name, long fallback) throws InvalidConfig {
      JsonNode value = json.path(name);
      if (value.isMissingNode() || value.isNull()) {
        return fallback;
      }
      if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() <= 0) {
        throw new InvalidConfig(path(name), "must be a positive whole number, not " + value);
      }
      return value.asLong();
    }

    Duration duration(String name, Duration fallback) throws InvalidConfig {
      Optional<String> text = optional(name);
      if (text.isEmpty()) {
        return fallback;
      }
      Duration read;
      try {
        read = Duration.parse("PT" + text.get().toUpperCase(java.util.Locale.ROOT));
      } catch (DateTimeParseException e) {
        throw new InvalidConfig(
            path(name),
            "\"" + text.get() + "\" is no duration; write for example \"10s\" or \"5m\"");
      }
      if (!read.isPositive()) {
        throw new InvalidConfig(path(name), "must be longer than nothing, not " + text.get());
      }
      return read;
    }

    List<String> strings(String name) throws InvalidConfig {
      List<String> all = new ArrayList<>();
      for (JsonNode value : array(name)) {
        if (!value.isTextual()) {
          throw new InvalidConfig(path(name), "must be a list of strings, not " + value);
        }
        all.add(value.asText());
      }
      return all;
    }

    <T> List<T> list(String name, Reader<T> reader) throws InvalidConfig {
      List<T> all = new ArrayList<>();
      int i = 0;
      for (JsonNode value : array(name)) {
        all.add(reader.read(new Field(path(name) + "[" + i++ + "]", value)));
      }
      return all;
    }

    private Iterable<JsonNode> array(String name) throws InvalidConfig {
      JsonNode value = json.path(name);
      if (value.isMissingNode() || value.isNull()) {
        return List.of();
      }
      if (!value.isArray()) {
        throw new InvalidConfig(path(name), "must be a list, not " + value);
      }
      return value;
    }

    Map<String, String> map(String name) throws InvalidConfig {
      JsonNode value = json.path(name);
      if (value.isMissingNode() || value.isNull()) {
        return Map.of();
      }
      if (!value.isObject()) {
        throw new InvalidConfig(path(name), "must be an object, not " + value);
      }
      Map<String, String> all = new LinkedHashMap<>();
      for (var entry : value.properties()) {
        JsonNode held = entry.getValue();
        all.put(
            entry.getKey(),
            held.isTextual() ? held.asText() : scalar(path(name) + "." + entry.getKey(), held));
      }
      return all;
    }
  }
}
