package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableReloadTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static FakeReplica replica(String name) throws Exception {
    return new FakeReplica((_, wire) -> wire.whole(200, answer(1, 0, 1), "x-engine: " + name));
  }

  private static String servedBy(TestGateway gateway) throws Exception {
    HttpResponse<String> response = gateway.post(chat(false));
    return response
        .headers()
        .firstValue("x-engine")
        .orElse(Integer.toString(response.statusCode()));
  }

  @Test
  void shouldTakeUpANewTableAndRefuseABadOneWithoutHarm() throws Exception {
    try (FakeReplica one = replica("one");
        FakeReplica two = replica("two");
        TestGateway gateway = new TestGateway(folder, "")) {
      assertThat(gateway.admin("/health/ready").statusCode()).isEqualTo(503);
      HttpResponse<String> early = gateway.post(chat(false));
      assertThat(early.statusCode()).isEqualTo(503);
      assertThat(early.body()).contains("no routing table yet");

      gateway.route(table(one.address()));
      Awaitility.await().until(() -> gateway.admin("/health/ready").statusCode() == 200);
      assertThat(servedBy(gateway)).isEqualTo("one");

      for (String bad : new String[] {"{", "", "{\"schema\":9,\"routes\":[]}"}) {
        String before = refused(gateway);
        gateway.route(bad);
        Awaitility.await().until(() -> !refused(gateway).equals(before));
        assertThat(servedBy(gateway)).isEqualTo("one");
      }

      gateway.route(table(two.address()));
      Awaitility.await().until(() -> servedBy(gateway).equals("two"));
      Files.delete(folder.resolve("table.json"));
      assertThat(servedBy(gateway)).isEqualTo("two");
    }
  }

  @Test
  void shouldServeFromTheLastGoodTableWhenTheSourceIsAwayAtStart() throws Exception {
    try (FakeReplica one = replica("one")) {
      try (TestGateway gateway = new TestGateway(folder, table(one.address()))) {
        assertThat(servedBy(gateway)).isEqualTo("one");
      }
      Files.delete(folder.resolve("table.json"));
      try (TestGateway gateway = new TestGateway(folder, "")) {
        assertThat(gateway.admin("/health/ready").statusCode()).isEqualTo(200);
        assertThat(servedBy(gateway)).isEqualTo("one");
        assertThat(gateway.admin("/metrics").body())
            .contains("comptroller_gateway_routing_table_confirmed 0.0");
        gateway.route("{\"schema\":2,\"routes\":[],\"accounts\":[]}");
        Awaitility.await().until(() -> servedBy(gateway).equals("404"));
        assertThat(gateway.admin("/metrics").body())
            .contains("comptroller_gateway_routing_table_confirmed 1.0");
      }
    }
  }

  @Test
  void shouldIgnoreATableOfAnOlderSchemaOnItsDiskAndTakeTheNextOne() throws Exception {
    try (FakeReplica one = replica("one")) {
      Files.createDirectories(folder.resolve("data"));
      Files.writeString(folder.resolve("data/routing-table.json"), "{\"schema\":1,\"routes\":[]}");
      try (TestGateway gateway = new TestGateway(folder, "")) {
        assertThat(gateway.admin("/health/ready").body()).contains("no routing table yet");
        gateway.route(table(one.address()));
        Awaitility.await().until(() -> servedBy(gateway).equals("one"));
      }
    }
  }

  private static String refused(TestGateway gateway) throws Exception {
    return gateway
        .admin("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("comptroller_gateway_routing_table_refused_total"))
        .findFirst()
        .orElseThrow();
  }
}
