package dev.comptroller.e2e.controlplane;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The pinned programs of the control plane, Helm and kubectl, in one folder.
///
/// @param folder the folder that holds them
public record Binaries(Path folder) {
  private static final List<String> API = List.of("etcd", "kube-apiserver", "kubectl");
  private static final List<String> ALL =
      List.of(
          "etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler", "helm");

  /// Finds the pinned binaries and builds the missing ones, with progress on standard error.
  public static Binaries pinned(boolean full) {
    Path script = repositoryRoot().resolve("e2e/control-plane/build");
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(full ? ALL : API);
    try {
      Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new ControlPlaneException(
            "%s ended with status %d; its last lines on standard error say why"
                .formatted(script, status));
      }
      return new Binaries(Path.of(out.strip()));
    } catch (IOException e) {
      throw new ControlPlaneException("cannot run %s: %s".formatted(script, e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while waiting for " + script, e);
    }
  }

  /// The root of the repository: the nearest folder upwards that holds `e2e/control-plane/build`.
  public static Path repositoryRoot() {
    Path start = Path.of(System.getProperty("user.dir")).toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("e2e/control-plane/build"))) {
        return at;
      }
    }
    throw new ControlPlaneException(
        "no e2e/control-plane/build in %s or above it: run inside the repository".formatted(start));
  }

  /// The path of one program, checked to be there.
  public Path path(String name) {
    Path path = folder.resolve(name);
    if (!Files.isExecutable(path)) {
      throw new ControlPlaneException(
          ("%s is missing in %s: run e2e/control-plane/build, or set KUBEBUILDER_ASSETS to a folder"
                  + " that holds it")
              .formatted(name, folder));
    }
    return path;
  }
}
