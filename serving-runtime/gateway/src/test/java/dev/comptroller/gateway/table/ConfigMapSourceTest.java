package dev.comptroller.gateway.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigMapSourceTest {
  private static final String NAMESPACE = "comptroller-system";

  private static ConfigMap map(String table) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName(Names.ROUTING_CONFIG_MAP)
        .endMetadata()
        .withData(Map.of(Names.ROUTING_KEY, table))
        .build();
  }

  private static String table(String deployment) {
    return """
        {"schema":2,"accounts":[],"routes":[{"namespace":"a","deployment":"%s",\
        "activeVariant":"v","why":"","legs":[]}]}"""
        .formatted(deployment);
  }

  @Test
  void shouldStartWithoutAnApiServerAndFollowTheConfigMapOnceThereIsOne(@TempDir Path folder)
      throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + port)
            .withRequestRetryBackoffLimit(0)
            .build();
    LiveTable table =
        new LiveTable(
            new TableFile(folder.resolve("last.json")), new GatewayMetrics(), Clock.systemUTC());
    try (ConfigMapSource source =
        new ConfigMapSource(
            new KubernetesClientBuilder().withConfig(config).build(),
            NAMESPACE,
            Names.ROUTING_CONFIG_MAP,
            table)) {
      source.start();
      assertThat(table.current()).isEmpty();

      KubernetesMockServer server =
          new KubernetesMockServer(
              new io.fabric8.mockwebserver.Context(),
              new io.fabric8.mockwebserver.MockWebServer(),
              new java.util.HashMap<>(),
              new io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher(),
              false);
      server.init(InetAddress.getLoopbackAddress(), port);
      try (KubernetesClient operator = new KubernetesClientBuilder().withConfig(config).build()) {
        operator.resource(map(table("one"))).create();
        awaitRoute(table, "a/one");
        operator.resource(map(table("two"))).update();
        awaitRoute(table, "a/two");
        operator.resource(map("{\"schema\":7}")).update();
        operator.resource(map(table("three"))).update();
        awaitRoute(table, "a/three");
        operator.resource(map(table("three"))).delete();
      } finally {
        server.destroy();
      }
      awaitRoute(table, "a/three");
    }
  }

  private static void awaitRoute(LiveTable table, String name) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                table
                    .current()
                    .filter(
                        now ->
                            now.router().resolve(name)
                                instanceof dev.comptroller.gateway.route.Resolution.Found)
                    .isPresent());
  }
}
