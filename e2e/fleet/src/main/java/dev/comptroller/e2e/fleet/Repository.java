package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.controlplane.Binaries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Where things lie in this repository.
///
/// @param root its root
public record Repository(Path root) {

  /// The repository around the working folder.
  public static Repository here() {
    return new Repository(Binaries.repositoryRoot());
  }

  /// The operator's program.
  public Path operator() {
    return built("operator/target/quarkus-app/quarkus-run.jar");
  }

  /// The gateway's program.
  public Path gateway() {
    return built("serving-runtime/gateway/target/gateway-runner.jar");
  }

  /// The runtime's program.
  public Path runtime() {
    return built("serving-runtime/server/target/server-runner.jar");
  }

  /// The Helm chart.
  public Path chart() {
    return root.resolve("charts/comptroller");
  }

  /// The samples for a fleet with real or with seeded models, relative to the root.
  public List<String> samples(ModelCache.Kind kind) {
    return switch (kind) {
      case REAL -> List.of("samples");
      case SEEDED ->
          List.of(
              "samples/00-namespace.yaml",
              "samples/10-pool.yaml",
              "samples/20-budget.yaml",
              "samples/offline");
    };
  }

  /// The text of a file, relative to the root.
  public String read(String path) {
    try {
      return Files.readString(root.resolve(path));
    } catch (IOException e) {
      throw new FleetException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  Path script(String path) {
    return root.resolve(path);
  }

  private Path built(String path) {
    Path file = root.resolve(path);
    if (!Files.isRegularFile(file)) {
      throw new FleetException(path + " is missing: run ./comptroller build");
    }
    return file;
  }
}
