package dev.comptroller.api.schema;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Generates the CRD YAML of the three kinds from their Java types.
///
/// The generator of Fabric8 does most of it; [SchemaFinish] adds what it cannot say and refuses
/// types that are not fully described and bounded.
public final class CrdWriter {
  /// The kinds of the API.
  public static final List<Class<? extends HasMetadata>> KINDS =
      List.of(ModelDeployment.class, InferenceBudget.class, GpuNodePool.class);

  private static final String HEADER =
      "# Generated from the types in dev.comptroller.api.v1alpha1; do not edit.\n";

  private static final Pattern BOUND = Pattern.compile("( *(?:minimum|maximum): )([0-9.E]+)");

  private CrdWriter() {}

  /// Writes one file for each kind into the folder named by the first argument.
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: CrdWriter FOLDER");
    }
    write(Path.of(args[0]), files());
  }

  /// Returns the YAML of each kind by file name.
  public static SortedMap<String, String> files() {
    SortedMap<String, String> files = new TreeMap<>();
    generate()
        .forEach((crd, yaml) -> files.put(crd.getSpec().getNames().getPlural() + ".yaml", yaml));
    return files;
  }

  /// Returns the finished definitions, in the order of [#KINDS].
  public static List<CustomResourceDefinition> definitions() {
    return List.copyOf(generate().keySet());
  }

  /// Writes files by name into a folder, which is created where it is missing.
  static void write(Path folder, Map<String, String> files) throws IOException {
    Files.createDirectories(folder);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }

  private static Map<CustomResourceDefinition, String> generate() {
    Map<CustomResourceDefinition, String> generated = new LinkedHashMap<>();
    for (Class<? extends HasMetadata> kind : KINDS) {
      Capture capture = new Capture(kind);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      new CRDGenerator()
          .customResourceClasses(List.of(kind))
          .forCRDVersions("v1")
          .withPostProcessor(capture)
          .withMinQuotes(true)
          .withOutput(new InMemory(bytes))
          .generate();
      String yaml = bytes.toString(StandardCharsets.UTF_8);
      generated.put(capture.definition(), HEADER + tidy(yaml));
    }
    return generated;
  }

  /// Drops the generator's own header and writes whole bounds as whole numbers.
  private static String tidy(String yaml) {
    StringBuilder lines = new StringBuilder();
    yaml.lines()
        .filter(line -> !line.startsWith("#") && !line.equals("---"))
        .forEach(line -> lines.append(wholeBound(line)).append('\n'));
    return lines.toString();
  }

  private static String wholeBound(String line) {
    Matcher bound = BOUND.matcher(line);
    return bound.matches()
        ? bound.group(1) + new BigDecimal(bound.group(2)).toBigIntegerExact()
        : line;
  }

  /// Finishes the definition on its way to the output and keeps it.
  private static final class Capture implements CRDPostProcessor {
    private final Class<?> kind;
    private final ArrayList<CustomResourceDefinition> seen = new ArrayList<>();

    Capture(Class<?> kind) {
      this.kind = kind;
    }

    @Override
    public HasMetadata process(HasMetadata crd, String version) {
      if (!(crd instanceof CustomResourceDefinition definition)) {
        throw new IllegalStateException("not a v1 definition: " + crd.getClass());
      }
      SchemaFinish.finish(kind, definition);
      seen.add(definition);
      return definition;
    }

    CustomResourceDefinition definition() {
      if (seen.isEmpty()) {
        throw new IllegalStateException(
            "no definition was generated for " + kind + "; the log above says why");
      }
      return seen.getFirst();
    }
  }

  record InMemory(ByteArrayOutputStream bytes)
      implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
    @Override
    public ByteArrayOutputStream outputFor(String crdName) {
      return bytes;
    }

    @Override
    public void close() {
      try {
        bytes.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
