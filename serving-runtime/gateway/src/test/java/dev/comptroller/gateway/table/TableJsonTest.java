package dev.comptroller.gateway.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Account.Feature;
import dev.comptroller.protocol.routing.Account.Traffic;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Batch;
import dev.comptroller.protocol.routing.Route.Grant;
import dev.comptroller.protocol.routing.Route.Hold;
import dev.comptroller.protocol.routing.Route.Holds;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Limits;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Wake;
import dev.comptroller.protocol.routing.RoutingTable;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class TableJsonTest {
  private static final String GOOD =
      """
      {"schema":2,"later":true,"routes":[
        {"namespace":"a","deployment":"x","activeVariant":"v","why":"heat 87 %",
         "legs":[
          {"variant":"v","quality":0.82,"weight":90,"replicaHourMicros":12290000,"replicaGpus":8,
           "postedPrice":{"version":2,"source":"Declared","inputMicros":1,"cachedInputMicros":0,
                          "outputMicros":3},
           "replicas":[{"name":"r","address":"127.0.0.1:80","maxSequences":4}]},
          {"variant":"w","quality":0.7,"weight":0,"replicaHourMicros":0,"replicas":[]}],
         "unavailable":null,
         "limits":{"maxInputTokens":8000,"maxOutputTokens":null},
         "holds":{"interactive":"Full","batch":"Sliced"},
         "batch":{"tariffPercent":40,"completionWindowSeconds":3600,"features":["night"]},
         "grants":[{"namespace":"b","features":["search"],"maxHourlyMicros":5000000}],
         "pricierFallback":true,
         "wake":{"maxWaiting":80,"holdMillis":540000}}],
       "accounts":[
        {"namespace":"a","budget":"month","periodStart":"2026-01-01T00:00:00Z",
         "periodEnd":"2026-02-01T00:00:00Z","hard":true,"observe":false,
         "fundedUntil":"2026-01-31T00:00:00Z","abroadMicros":4500000,
         "leftMicros":-2000000,"leftAt":"2026-01-09T10:00:00Z",
         "traffic":{"queueBatch":true,"maxOutputTokens":256,"tokensPerMinute":90000,
                    "suspended":false,"why":"heat 91 %","until":"2026-01-20T00:00:00Z"},
         "features":[{"name":"search","amountMicros":9000000,"priority":7,
                      "batchEligible":false,"downgradeAllowed":true}]}]}""";

  /// What to change in the good table and what the refusal must say.
  record Bad(String from, String to, String says) {}

  static final List<Bad> BAD =
      List.of(
          new Bad("{\"schema\":2,", "{", "schema must be a whole number"),
          new Bad(
              "\"schema\":2", "\"schema\":1", "schema is 1, this gateway reads 2: run operator"),
          new Bad("\"schema\":2", "\"schema\":3", "schema is 3, this gateway reads 2"),
          new Bad("\"schema\":2", "\"schema\":\"2\"", "schema must be a whole number"),
          new Bad("]}]}", "]}]", "not JSON"),
          new Bad(
              "\"maxWaiting\":80", "\"maxWaiting\":0", "routes[0].wake.maxWaiting must be a whole"),
          new Bad("\"maxWaiting\":80", "\"most\":80", "routes[0].wake.maxWaiting must be"),
          new Bad(
              "\"holdMillis\":540000",
              "\"holdMillis\":\"9m\"",
              "routes[0].wake.holdMillis must be a whole number of at least 1"),
          new Bad("540000", "86400001", "wake.holdMillis is 86400001, the most is 86400000"),
          new Bad("\"wake\":{", "\"wake\":5,\"x\":{", "routes[0].wake must be an object"),
          new Bad("\"routes\":[", "\"routes\":1,\"x\":[", "routes must be an array"),
          new Bad("\"accounts\":[", "\"x\":[", "accounts must be an array, is absent"),
          new Bad("\"namespace\":\"a\",\"dep", "\"dep", "routes[0].namespace must be a string"),
          new Bad("\"deployment\":\"x\"", "\"deployment\":\"x/y\"", "routes[0].deployment"),
          new Bad("\"activeVariant\":\"v\"", "\"activeVariant\":\"\"", "routes[0].activeVariant"),
          new Bad("\"why\":\"heat 87 %\"", "\"why\":87", "routes[0].why must be a string, is 87"),
          new Bad("\"quality\":0.82", "\"quality\":\"high\"", "legs[0].quality must be a number"),
          new Bad(
              "\"quality\":0.7", "\"quality\":0.9", "legs[1].quality is 0.9, more than the one"),
          new Bad("\"weight\":90", "\"weight\":-1", "legs[0].weight must be a whole number"),
          new Bad("\"weight\":90", "\"weight\":1000001", "weight is 1000001, the most is 1000000"),
          new Bad("\"variant\":\"w\"", "\"variant\":\"v\"", "legs[1]: variant v is there twice"),
          new Bad(
              "\"replicaHourMicros\":0", "\"replicaHourMicros\":-5", "replicaHourMicros must be"),
          new Bad("\"replicaGpus\":8", "\"replicaGpus\":0", "legs[0].replicaGpus must be"),
          new Bad("127.0.0.1:80", "127.0.0.1", "legs[0].replicas[0].address must be host:port"),
          new Bad("127.0.0.1:80", "127.0.0.1:99999", "must be host:port"),
          new Bad(
              "\"replicas\":[]",
              "\"replicas\":[{\"name\":\"q\",\"address\":\"127.0.0.1:80\",\"maxSequences\":4}]",
              "routes[0].legs: address 127.0.0.1:80 is there twice"),
          new Bad("\"maxSequences\":4", "\"maxSequences\":0", "maxSequences must be a whole"),
          new Bad("\"inputMicros\":1", "\"inputMicros\":-1", "legs[0].postedPrice.inputMicros"),
          new Bad("\"inputMicros\":1", "\"inputMicros\":1.5", "legs[0].postedPrice.inputMicros"),
          new Bad("\"outputMicros\":3", "\"outputMicros\":99999999999", "the most is 10000000000"),
          new Bad(
              "8000", "0", "routes[0].limits.maxInputTokens must be a whole number of at least"),
          new Bad("\"Full\"", "\"full\"", "holds.interactive must be Sliced or Full, is \"full\""),
          new Bad("\"tariffPercent\":40", "\"tariffPercent\":101", "batch.tariffPercent is 101"),
          new Bad("[\"night\"]", "[\"\"]", "routes[0].batch.features[0] must be a string"),
          new Bad(
              "\"maxHourlyMicros\":5000000", "\"maxHourlyMicros\":-1", "grants[0].maxHourlyMicros"),
          new Bad("2026-01-31T00:00:00Z", "tomorrow", "accounts[0].fundedUntil must be an instant"),
          new Bad("4500000", "-1", "accounts[0].abroadMicros must be"),
          new Bad("-2000000", "\"2\"", "accounts[0].leftMicros must be a whole number"),
          new Bad("2026-01-09T10:00:00Z", "noon", "accounts[0].leftAt must be an instant"),
          new Bad(
              "\"pricierFallback\":true",
              "\"pricierFallback\":1",
              "routes[0].pricierFallback must be true or false"),
          new Bad("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", "periodEnd must be after"),
          new Bad("\"hard\":true", "\"hard\":\"yes\"", "accounts[0].hard must be true or false"),
          new Bad("\"tokensPerMinute\":90000", "\"tokensPerMinute\":0", "traffic.tokensPerMinute"),
          new Bad("\"amountMicros\":9000000", "\"amountMicros\":-1", "features[0].amountMicros"),
          new Bad(
              "\"priority\":7", "\"priority\":\"high\"", "features[0].priority must be a whole"),
          new Bad("\"schema\":2", "\"schema\":2,\"schema\":2", "not JSON"),
          new Bad("{\"schema\":2", "[{\"schema\":2", "not JSON"),
          new Bad(
              "\"routes\":[",
              "\"routes\":[{\"namespace\":\"a\",\"deployment\":\"x\",\"activeVariant\":\"v\","
                  + "\"why\":\"\",\"legs\":[]},",
              "a/x is there twice"));

  private static RoutingTable read(String json) throws TableRefused {
    return TableJson.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldReadWhatTheOperatorRendersAndIgnoreWhatALaterOneAdds() throws Exception {
    assertThat(read(GOOD))
        .isEqualTo(
            new RoutingTable(
                2,
                List.of(
                    new Route(
                        "a",
                        "x",
                        "v",
                        "heat 87 %",
                        List.of(
                            new Leg(
                                "v",
                                new BigDecimal("0.82"),
                                90,
                                new PostedPrice(2, "Declared", 1, 0, 3),
                                12_290_000,
                                8,
                                List.of(new Replica("r", "127.0.0.1:80", 4))),
                            new Leg("w", new BigDecimal("0.7"), 0, null, 0, 1, List.of())),
                        null,
                        new Limits(8_000L, null),
                        new Holds(Hold.Full, Hold.Sliced),
                        new Batch(40, 3_600, List.of("night")),
                        List.of(new Grant("b", List.of("search"), 5_000_000L)),
                        true,
                        new Wake(80, 540_000))),
                List.of(
                    new Account(
                        "a",
                        "month",
                        Instant.parse("2026-01-01T00:00:00Z"),
                        Instant.parse("2026-02-01T00:00:00Z"),
                        true,
                        false,
                        Instant.parse("2026-01-31T00:00:00Z"),
                        4_500_000L,
                        -2_000_000L,
                        Instant.parse("2026-01-09T10:00:00Z"),
                        new Traffic(
                            true,
                            256L,
                            90_000L,
                            false,
                            "heat 91 %",
                            Instant.parse("2026-01-20T00:00:00Z")),
                        List.of(new Feature("search", 9_000_000L, 7, false, true))))));
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
