package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.OperatorProcess.Temper;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.RoutingTable;
import dev.comptroller.reconcile.routing.RoutingCodec;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.TokenCounters;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.spend.ReplicaTime;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The prices in the routing table follow what replicas cost and serve, by the hour, over kills of
/// the operator and refused writes; every version is one price, and nothing is written at rest.
final class PostedPricesFollowCostTest {
  private static final FakeApi.Key TABLE =
      new FakeApi.Key(Kind.CONFIG_MAP, OperatorProcess.HOME, Names.ROUTING_CONFIG_MAP);
  private static final FakeApi.Key MEMORY =
      new FakeApi.Key(Kind.CONFIG_MAP, OperatorProcess.HOME, "comptroller-posted-prices-blue");

  /// Tokens a minute that a replica serves.
  private static final long BUSY = 30_000;

  private static final Duration LOOK = Duration.ofMinutes(4);

  private final Map<String, Long> served = new HashMap<>();

  /// Every price that was in a table, by variant and version.
  private final Map<String, Map<Long, PostedPrice>> seen = new HashMap<>();

  private boolean refused;

  private Rig rig() {
    Rig rig = new Rig(Story.START, Temper.EVEN, this::fate);
    rig.api.onChange(
        change -> {
          if (change.key().equals(TABLE)) {
            legs(rig).forEach(this::note);
          }
        });
    Story.oneNode(rig);
    Story.budget("blue", "team", "1000").accept(rig);
    Story.deployment("blue", "chat", "replicas: 1").accept(rig);
    rig.start();
    rig.run(Duration.ofMinutes(8));
    return rig;
  }

  private Fate fate(int number, Request write) {
    return refused && (write.path() + write.body()).contains("comptroller-posted-prices-")
        ? Fate.Conflict
        : Fate.Done;
  }

  private void note(Leg leg) {
    PostedPrice price = leg.postedPrice();
    if (price != null) {
      PostedPrice before =
          seen.computeIfAbsent(leg.variant(), _ -> new TreeMap<>())
              .putIfAbsent(price.version(), price);
      assertThat(before == null ? price : before)
          .as("version %d of %s", price.version(), leg.variant())
          .isEqualTo(price);
    }
  }

  private static List<Leg> legs(Rig rig) {
    return rig.api
        .get(TABLE)
        .map(map -> map.at("/data").path(Names.ROUTING_KEY).asText())
        .flatMap(RoutingCodec::read)
        .map(RoutingTable::routes)
        .filter(routes -> !routes.isEmpty())
        .map(routes -> routes.getFirst().legs())
        .orElse(List.of());
  }

  private static Optional<PostedPrice> price(Rig rig, String variant) {
    return legs(rig).stream()
        .filter(leg -> leg.variant().equals(variant))
        .findFirst()
        .map(Leg::postedPrice);
  }

  private static long mean(Rig rig, String variant) {
    PostedPrice price = price(rig, variant).orElseThrow();
    return (3 * price.inputMicros() + price.outputMicros()) / 4;
  }

  /// Serves so many tokens a minute at each ready replica, looked at every few minutes.
  private void serve(Rig rig, Duration time, long tokens) {
    Instant end = rig.clock.instant().plus(time);
    while (rig.clock.instant().isBefore(end)) {
      rig.run(LOOK);
      OperatorProcess operator = rig.operator().orElseThrow();
      for (Pod pod : operator.view().replicas("blue", "chat")) {
        if (PodFacts.isReady(pod)) {
          look(rig, operator, pod, tokens * LOOK.toMinutes());
        }
      }
    }
    rig.settle();
  }

  private void look(Rig rig, OperatorProcess operator, Pod pod, long tokens) {
    long all = served.merge(pod.getMetadata().getUid(), tokens, Long::sum);
    if (operator.time(pod) instanceof ReplicaTime.Running(ReplicaInterval interval)) {
      operator
          .prices()
          .add(
              new TokenLedger.Key(
                  "blue", "chat", PodFacts.label(pod, Names.VARIANT_LABEL).orElseThrow()),
              interval,
              rig.clock.instant(),
              new TokenCounters(all * 3 / 4, 0, all - all * 3 / 4),
              operator.books());
    }
  }

  @Test
  void shouldPostWhatHoursCostAfterTheFirstOneAndFollowADearerNodeByAFifthAnHour() {
    Rig rig = rig();
    PostedPrice first = price(rig, "large").orElseThrow();
    assertThat(first.version()).isEqualTo(1);
    serve(rig, Duration.ofHours(3), BUSY);
    // What the replica can do is estimated and does far more than this: the hour is divided by it.
    long cheap = mean(rig, "large");
    Story.pool(rig, 16);
    long before = cheap;
    for (int hour = 0; hour < 8; hour++) {
      serve(rig, Duration.ofHours(1), BUSY);
      assertThat(mean(rig, "large")).isBetween(before, before * 6 / 5 + 2);
      before = mean(rig, "large");
    }
    assertThat(before).isGreaterThan(2 * cheap);
    serve(rig, Duration.ofHours(24), BUSY);
    assertThat(mean(rig, "large")).isBetween(2 * cheap * 97 / 100, 2 * cheap * 103 / 100);
  }

  @Test
  void shouldGiveEveryVersionToOnePriceOverKillsAndWhileAVariantIsAway() {
    Rig rig = rig();
    Story.pool(rig, 16);
    for (int hour = 0; hour < 3; hour++) {
      serve(rig, Duration.ofMinutes(47), BUSY);
      rig.kill();
      rig.start();
      serve(rig, Duration.ofMinutes(20), BUSY);
    }
    PostedPrice left = price(rig, "large").orElseThrow();
    assertThat(left.version()).isGreaterThan(2);
    Story.budget("blue", "team", "110").accept(rig);
    serve(rig, Duration.ofHours(2), BUSY);
    assertThat(price(rig, "large")).as("down a rung").isEmpty();
    rig.kill();
    rig.start();
    Story.pool(rig, 8);
    Story.budget("blue", "team", "100000").accept(rig);
    serve(rig, Duration.ofHours(3), BUSY);
    assertThat(price(rig, "large").orElseThrow().version()).isGreaterThanOrEqualTo(left.version());
    assertThat(Objects.requireNonNull(seen.get("large"))).hasSizeGreaterThan(3);
  }

  @Test
  void shouldWriteNothingAtRest() {
    Rig rig = rig();
    serve(rig, Duration.ofHours(2), BUSY);
    serve(rig, Duration.ofMinutes(70), 0);
    Set<String> before = new HashSet<>(versions(rig));
    int writes = priceWrites(rig);
    serve(rig, Duration.ofHours(5), 0);
    assertThat(priceWrites(rig)).isEqualTo(writes);
    assertThat(new HashSet<>(versions(rig))).isEqualTo(before);
  }

  private static List<String> versions(Rig rig) {
    List<String> versions = new ArrayList<>();
    legs(rig).forEach(leg -> versions.add(leg.variant() + " " + leg.postedPrice()));
    return versions;
  }

  private static int priceWrites(Rig rig) {
    return (int)
        rig.writes.stream()
            .filter(write -> write.contains("comptroller-posted-prices-blue"))
            .count();
  }

  @Test
  void shouldGoOnWithTheOldPriceWhileANewOneCannotBeSavedAndPostItOnceItIs() {
    Rig rig = rig();
    serve(rig, Duration.ofHours(2), BUSY);
    PostedPrice before = price(rig, "large").orElseThrow();
    Story.pool(rig, 16);
    refused = true;
    serve(rig, Duration.ofHours(2), BUSY);
    assertThat(price(rig, "large")).contains(before);
    refused = false;
    serve(rig, Duration.ofMinutes(70), BUSY);
    assertThat(price(rig, "large").orElseThrow().version()).isGreaterThan(before.version());
  }

  @Test
  void shouldPostOnFromTheTableWhereItsMemoryIsBroken() {
    Rig rig = rig();
    Story.pool(rig, 16);
    serve(rig, Duration.ofHours(3), BUSY);
    PostedPrice before = price(rig, "large").orElseThrow();
    rig.kill();
    rig.api.edit(
        MEMORY,
        map -> ((ObjectNode) map.path("binaryData")).put("posted-prices.json.gz", "bm90IGd6aXA="));
    rig.start();
    serve(rig, Duration.ofMinutes(5), BUSY);
    PostedPrice after = price(rig, "large").orElseThrow();
    assertThat(after.version()).isGreaterThanOrEqualTo(before.version());
    assertThat(after.inputMicros())
        .isBetween(before.inputMicros() * 4 / 5, before.inputMicros() * 6 / 5 + 1);
    assertThat(rig.api.get(MEMORY)).isPresent();
  }
}
