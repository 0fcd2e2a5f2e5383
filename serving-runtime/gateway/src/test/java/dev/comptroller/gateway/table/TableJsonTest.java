package dev.comptroller.gateway.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.RoutingTable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class TableJsonTest {
  private static final String GOOD =
      """
      {"schema":1,"later":true,"routes":[
        {"namespace":"a","deployment":"x","activeVariant":"v",
         "postedPrice":{"version":2,"source":"Declared","inputMicros":1,"cachedInputMicros":0,
                        "outputMicros":3},
         "replicas":[{"name":"r","address":"127.0.0.1:80","maxSequences":4}],
         "unavailable":null,"fundedUntil":"2026-02-01T00:00:00Z"}]}""";

  /// What to change in the good table and what the refusal must say.
  record Bad(String from, String to, String says) {}

  static final List<Bad> BAD =
      List.of(
          new Bad("{\"schema\":1,", "{", "schema must be a whole number"),
          new Bad("\"schema\":1", "\"schema\":2", "schema is 2, this gateway reads 1"),
          new Bad("\"schema\":1", "\"schema\":\"1\"", "schema must be a whole number"),
          new Bad("]}", "]", "not JSON"),
          new Bad("\"routes\":[", "\"routes\":1,\"x\":[", "routes must be an array"),
          new Bad("\"namespace\":\"a\",", "", "routes[0].namespace must be a string"),
          new Bad("\"deployment\":\"x\"", "\"deployment\":\"x/y\"", "routes[0].deployment"),
          new Bad("\"activeVariant\":\"v\"", "\"activeVariant\":\"\"", "routes[0].activeVariant"),
          new Bad("127.0.0.1:80", "127.0.0.1", "routes[0].replicas[0].address must be host:port"),
          new Bad("127.0.0.1:80", "127.0.0.1:99999", "must be host:port"),
          new Bad("\"maxSequences\":4", "\"maxSequences\":0", "maxSequences must be a whole"),
          new Bad("\"inputMicros\":1", "\"inputMicros\":-1", "routes[0].postedPrice.inputMicros"),
          new Bad("\"inputMicros\":1", "\"inputMicros\":1.5", "routes[0].postedPrice.inputMicros"),
          new Bad("\"outputMicros\":3", "\"outputMicros\":99999999999", "the most is 10000000000"),
          new Bad("2026-02-01T00:00:00Z", "tomorrow", "routes[0].fundedUntil must be an instant"),
          new Bad("\"schema\":1", "\"schema\":1,\"schema\":1", "not JSON"),
          new Bad("{\"schema\":1", "[{\"schema\":1", "not JSON"),
          new Bad(
              "\"routes\":[",
              "\"routes\":[{\"namespace\":\"a\",\"deployment\":\"x\",\"activeVariant\":\"v\","
                  + "\"replicas\":[]},",
              "a/x is there twice"));

  private static RoutingTable read(String json) throws TableRefused {
    return TableJson.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldReadWhatTheOperatorRendersAndIgnoreWhatALaterOneAdds() throws Exception {
    assertThat(read(GOOD))
        .isEqualTo(
            new RoutingTable(
                1,
                List.of(
                    new Route(
                        "a",
                        "x",
                        "v",
                        new PostedPrice(2, "Declared", 1, 0, 3),
                        List.of(new Replica("r", "127.0.0.1:80", 4)),
                        null,
                        Instant.parse("2026-02-01T00:00:00Z")))));
  }

  @ParameterizedTest
  @FieldSource("BAD")
  void shouldRefuseNamingTheField(Bad bad) {
    assertThat(GOOD).contains(bad.from());
    assertThatThrownBy(() -> read(GOOD.replace(bad.from(), bad.to())))
        .isInstanceOf(TableRefused.class)
        .hasMessageContaining(bad.says());
  }
}
