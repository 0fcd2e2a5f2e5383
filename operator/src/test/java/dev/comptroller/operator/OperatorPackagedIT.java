package dev.comptroller.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Options;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
final class OperatorPackagedIT {
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void shouldLeadServeItsMetricsEndOnSigtermAndHandTheLeaseToASuccessor(@TempDir Path folder)
      throws Exception {
    try (ControlPlane plane = ControlPlane.start(Options.everything());
        KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(plane.kubeconfig())))
                .build()) {
      install(client);
      try (Running first = start(plane, folder.resolve("first.log"))) {
        await()
            .ignoreExceptions()
            .until(() -> get(first, "/q/health/ready"), s -> s.contains("UP"));
        assertThat(get(first, "/q/health/live")).contains("UP");
        await()
            .until(
                () -> client.resources(GpuNodePool.class).withName("h100").get().getStatus(),
                status -> status != null && status.conditions().size() == 3);
        // A reconciliation is counted once it has ended, which is after its status was written.
        await()
            .untilAsserted(
                () ->
                    assertThat(get(first, "/q/metrics"))
                        .contains("comptroller_pool_nodes{pool=\"h100\"")
                        .contains("comptroller_operator_reconciliations_total{kind=\"GpuNodePool\"")
                        .contains("jvm_memory_used_bytes"));
        first.process().destroy();
        assertThat(first.process().waitFor(10, TimeUnit.SECONDS)).as("ended on SIGTERM").isTrue();
      }
      try (Running second = start(plane, folder.resolve("second.log"))) {
        await()
            .ignoreExceptions()
            .until(() -> get(second, "/q/health/ready"), s -> s.contains("UP"));
        Awaitility.await()
            .atMost(Duration.ofSeconds(8))
            .until(
                () -> get(second, "/q/health/ready").replace(" ", "").contains("\"leading\":true"));
      }
    }
  }

  private record Running(Process process, int port) implements AutoCloseable {
    @Override
    public void close() {
      var unused = process.destroyForcibly().onExit().join();
    }
  }

  private static Running start(ControlPlane plane, Path log) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            "target/quarkus-app/quarkus-run.jar");
    builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
    builder.environment().put("COMPTROLLER_NAMESPACE", "installation");
    builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
    builder.environment().remove("HOSTNAME");
    return new Running(
        builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(), port);
  }

  private String get(Running operator, String path) throws InterruptedException, IOException {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + operator.port() + path))
                  .header("Accept", "text/plain")
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (ConnectException e) {
      return "";
    }
  }

  private static void install(KubernetesClient client) throws IOException {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName("installation").endMetadata().build())
        .create();
    try (Stream<Path> files = Files.list(Path.of("../crds/src/main/crds"))) {
      for (Path file : files.sorted().toList()) {
        client.load(Files.newInputStream(file)).serverSideApply();
      }
    }
    String pool =
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: h100}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity: [{type: OnDemand, pricePerNodeHour: "98.32", maxNodes: 4}]
          provisioner: {static: {}}
        """;
    await()
        .ignoreExceptions()
        .until(
            () ->
                !client
                    .load(new ByteArrayInputStream(pool.getBytes(StandardCharsets.UTF_8)))
                    .serverSideApply()
                    .isEmpty());
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }
}
