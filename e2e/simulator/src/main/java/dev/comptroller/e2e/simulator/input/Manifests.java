package dev.comptroller.e2e.simulator.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.reconcile.budget.BudgetParser;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.pool.PoolParser;
import dev.comptroller.reconcile.status.Parsed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The user's own manifests, read by the API's records and the operator's parsers.
///
/// @param pools pools with what they declare
/// @param budgets budgets with what they declare
/// @param deployments deployments with what they declare
public record Manifests(
    List<Read<GpuNodePool, PoolParser.Declared>> pools,
    List<Read<InferenceBudget, BudgetParser.Declared>> budgets,
    List<Read<ModelDeployment, DeploymentParser.Declared>> deployments) {
  private static final String API = "comptroller.dev/v1alpha1";

  /// An object and what it declares.
  ///
  /// @param file where it was
  /// @param line first line of its document
  public record Read<O, D>(Path file, int line, O object, D declared) {
    /// An error in it.
    public InputException wrong(String message) {
      return new InputException(file, line, message);
    }
  }

  /// All objects of ours in the YAML files of a folder, in the order of their names.
  public static Manifests read(Path folder) {
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files =
          found
              .filter(file -> file.toString().endsWith(".yaml") || file.toString().endsWith(".yml"))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new InputException(folder, 0, "is no folder of manifests: " + e.getMessage());
    }
    Manifests all = new Manifests(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (Path file : files) {
      all.readFile(file);
    }
    if (all.pools.isEmpty() || all.deployments.isEmpty()) {
      throw new InputException(
          folder,
          0,
          "holds %d GpuNodePools and %d ModelDeployments in %d files; give one of each at least"
              .formatted(all.pools.size(), all.deployments.size(), files.size()));
    }
    return all;
  }

  private void readFile(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InputException(file, 0, "cannot be read: " + e.getMessage());
    }
    int first = 0;
    for (int i = 0; i <= lines.size(); i++) {
      if (i == lines.size() || lines.get(i).startsWith("---")) {
        readDocument(file, first, lines.subList(first, i));
        first = i + 1;
      }
    }
  }

  private void readDocument(Path file, int offset, List<String> lines) {
    String text = String.join("\n", lines);
    if (lines.stream().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
      return;
    }
    ObjectMapper mapper = new ObjectMapper(new YAMLFactory());
    try {
      JsonNode tree = mapper.readTree(text);
      if (!tree.path("apiVersion").asText().equals(API)) {
        return;
      }
      switch (tree.path("kind").asText()) {
        case "GpuNodePool" -> {
          GpuNodePool pool = mapper.readValue(text, GpuNodePool.class);
          pools.add(read(file, offset, lines, pool, PoolParser.parse(pool)));
        }
        case "InferenceBudget" -> {
          InferenceBudget budget = mapper.readValue(text, InferenceBudget.class);
          budgets.add(read(file, offset, lines, budget, BudgetParser.parse(budget.getSpec())));
        }
        case "ModelDeployment" -> {
          ModelDeployment deployment = mapper.readValue(text, ModelDeployment.class);
          deployments.add(
              read(file, offset, lines, deployment, DeploymentParser.parse(deployment)));
        }
        default ->
            throw new InputException(
                file, offset + 1, "kind \"%s\" is unknown".formatted(tree.path("kind").asText()));
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw new InputException(file, offset + line, brief(e));
    }
  }

  private static String brief(JsonProcessingException e) {
    String first = e.getOriginalMessage().lines().findFirst().orElse("cannot be parsed");
    return e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
        ? "%s: %s".formatted(path(mapping), first)
        : first;
  }

  private static String path(JsonMappingException mapping) {
    StringBuilder path = new StringBuilder();
    mapping
        .getPath()
        .forEach(
            each -> {
              String name = each.getFieldName();
              if (name == null) {
                path.append("[%d]".formatted(each.getIndex()));
              } else {
                path.append(path.isEmpty() ? "" : ".").append(name);
              }
            });
    return path.toString();
  }

  private static <O, D> Read<O, D> read(
      Path file, int offset, List<String> lines, O object, Parsed<D> parsed) {
    return switch (parsed) {
      case Parsed.Valid<D>(D declared) -> new Read<>(file, offset + 1, object, declared);
      case Parsed.Invalid<D>(List<String> violations) -> {
        String violation = violations.getFirst();
        @Nullable Integer line = line(lines, violation);
        throw new InputException(file, offset + (line == null ? 1 : line), violation);
      }
    };
  }

  /// The line of the field that a violation begins with: every name of its path is looked for from
  /// the line of the one before, a list's item by its dash.
  private static @Nullable Integer line(List<String> lines, String violation) {
    int at = 0;
    String path = violation.substring(0, Math.max(0, violation.indexOf(':')));
    for (String part : path.replaceAll("\\[(\\d+)\\]", ".#$1").split("\\.", -1)) {
      int found = part.startsWith("#") ? item(lines, at, part) : name(lines, at, part);
      if (found < 0) {
        return at == 0 ? null : at + 1;
      }
      at = found;
    }
    return at + 1;
  }

  private static int name(List<String> lines, int from, String name) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).strip().replaceFirst("^- ", "").startsWith(name + ":")) {
        return i;
      }
    }
    return -1;
  }

  private static int item(List<String> lines, int from, String number) {
    int left = Integer.parseInt(number.substring(1));
    int indent = -1;
    for (int i = from + 1; i < lines.size(); i++) {
      String line = lines.get(i);
      int own = line.length() - line.stripLeading().length();
      if (line.strip().startsWith("- ") && (indent < 0 || own == indent)) {
        indent = own;
        if (left-- == 0) {
          return i;
        }
      }
    }
    return -1;
  }
}
