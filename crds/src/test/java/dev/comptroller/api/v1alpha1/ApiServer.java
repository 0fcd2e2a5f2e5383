package dev.comptroller.api.v1alpha1;

import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.SharedControlPlane;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The real API server with the committed CRDs, and a namespace of the test's own.
record ApiServer(ControlPlane plane, KubernetesClient client, String namespace)
    implements AutoCloseable {
  private static final Path CRDS = Path.of("src/main/crds");

  /// Installs the CRDs, waits until the API server serves them and creates the
  /// namespace, and others.
  static ApiServer start(String namespace, String... others) throws IOException {
    ControlPlane plane = SharedControlPlane.apiOnly();
    Config config = Config.fromKubeconfig(Files.readString(plane.kubeconfig()));
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
    for (Path file : files(CRDS)) {
      CustomResourceDefinition crd =
          client
              .getKubernetesSerialization()
              .unmarshal(Files.readString(file), CustomResourceDefinition.class);
      client.resource(crd).serverSideApply();
      client
          .resource(crd)
          .waitUntilCondition(seen -> seen != null && served(seen), 30, TimeUnit.SECONDS);
    }
    for (String name : Stream.concat(Stream.of(namespace), Stream.of(others)).toList()) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
          .serverSideApply();
    }
    return new ApiServer(plane, client, namespace);
  }

  /// The files of a folder and those below it, in order.
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /// Runs the pinned kubectl and returns its output; fails with its words when it fails.
  String kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    plane.kubectl().toString(), "--kubeconfig", plane.kubeconfig().toString()),
                Stream.of(arguments))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", arguments) + ":\n" + output);
    }
    return output;
  }

  private static boolean served(CustomResourceDefinition crd) {
    return crd.getStatus() != null
        && crd.getStatus().getConditions() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  @Override
  public void close() {
    client.close();
  }
}
