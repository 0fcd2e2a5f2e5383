package dev.comptroller.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Account.Traffic;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Batch;
import dev.comptroller.protocol.routing.Route.Holds;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Limits;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Unavailable;
import dev.comptroller.protocol.routing.Route.Wake;
import dev.comptroller.protocol.routing.RoutingTable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Route routeOf(
      String namespace, String deployment, List<Leg> legs, @Nullable Unavailable why) {
    return routeOf(namespace, deployment, "", legs, why, null);
  }

  private static Route routeOf(
      String namespace,
      String deployment,
      String downgraded,
      List<Leg> legs,
      @Nullable Unavailable why,
      @Nullable Wake wake) {
    return new Route(
        namespace,
        deployment,
        "v",
        downgraded,
        legs,
        why,
        Limits.NONE,
        Holds.SLICED,
        Batch.STANDARD,
        List.of(),
        false,
        wake);
  }

  private static Leg leg(String variant, int weight, List<Replica> replicas) {
    return new Leg(variant, BigDecimal.ONE, weight, null, 0, 1, replicas);
  }

  private static Optional<Account> fundedUntil(Instant end) {
    return Optional.of(
        new Account(
            "a",
            "month",
            NOW.minusSeconds(60),
            NOW.plusSeconds(60),
            true,
            false,
            end,
            null,
            null,
            null,
            Traffic.FREE,
            List.of()));
  }

  private static Route route(
      String namespace, String deployment, List<Replica> replicas, @Nullable Unavailable why) {
    return routeOf(namespace, deployment, List.of(leg("v", 100, replicas)), why);
  }

  private static Route route(String namespace, String deployment) {
    return route(namespace, deployment, List.of(new Replica("r", "h:1", 1)), null);
  }

  private static final Router ROUTER =
      new Router(
          new RoutingTable(
              2, List.of(route("b", "chat"), route("a", "chat"), route("a", "code")), List.of()));

  @Test
  void shouldResolveFullNamesAndUnambiguousShortOnes() {
    assertThat(ROUTER.resolve("a/chat")).isEqualTo(new Resolution.Found(route("a", "chat")));
    assertThat(ROUTER.resolve("code")).isEqualTo(new Resolution.Found(route("a", "code")));
  }

  @Test
  void shouldListTheCandidatesOfAnAmbiguousName() {
    assertThat(ROUTER.resolve("chat"))
        .isEqualTo(new Resolution.Ambiguous("chat", List.of("a/chat", "b/chat")));
  }

  @Test
  void shouldNotGuess() {
    for (String name : List.of("", "/", "a/", "/chat", "Chat", "chat ", "c/chat", "a/chat/x")) {
      assertThat(ROUTER.resolve(name)).isEqualTo(new Resolution.Unknown(name));
    }
  }

  @Test
  void shouldPickTheLeastLoadedRelativeToWhatItCanCompute() {
    assertThat(
            LeastLoaded.pick(
                List.of(view("a", 8, 3, false), view("b", 32, 8, false), view("c", 8, 2, false))))
        .map(Replica::name)
        .hasValue("b");
  }

  @Test
  void shouldBreakTiesByNameWhateverTheOrder() {
    ReplicaView a = view("a", 8, 3, false);
    ReplicaView b = view("b", 8, 3, false);
    assertThat(LeastLoaded.pick(List.of(a, b))).isEqualTo(LeastLoaded.pick(List.of(b, a)));
    assertThat(LeastLoaded.pick(List.of(b, a))).map(Replica::name).hasValue("a");
  }

  @Test
  void shouldTakeASuspectOnlyAsTheLastResort() {
    assertThat(LeastLoaded.pick(List.of(view("a", 8, 0, true), view("b", 8, 80, false))))
        .map(Replica::name)
        .hasValue("b");
    assertThat(LeastLoaded.pick(List.of(view("a", 8, 0, true)))).isPresent();
    assertThat(LeastLoaded.pick(List.of())).isEmpty();
  }

  @Test
  void shouldAdmitWhileFundedAndReady() {
    List<Replica> ready = List.of(new Replica("r", "h:1", 1));
    assertThat(
            Admission.of(
                route("a", "x", ready, null), fundedUntil(NOW.plusNanos(1)), "default", NOW))
        .isInstanceOf(Admission.Admitted.class);
    assertThat(Admission.of(route("a", "x", ready, null), fundedUntil(NOW), "default", NOW))
        .isInstanceOf(Admission.NotFunded.class);
    assertThat(Admission.of(route("a", "x", List.of(), null), Optional.empty(), "default", NOW))
        .isEqualTo(
            new Admission.NotReady("Ready", "deployment a/x has no ready replica of variant v"));
  }

  @Test
  void shouldSayThatAReplicaCanBeAwaitedOnlyWhereItWouldServeAndBePaidFor() {
    Wake wake = new Wake(5, 1_000);
    Route asleep = routeOf("a", "x", "", List.of(leg("v", 100, List.of())), null, wake);
    Admission verdict = Admission.of(asleep, fundedUntil(NOW.plusNanos(1)), "default", NOW);
    assertThat(verdict)
        .isEqualTo(
            new Admission.Awaited(
                wake,
                "Ready",
                "deployment a/x has no ready replica of variant v",
                Traffic.FREE,
                false,
                List.of()));
    assertThat(Admission.of(asleep, fundedUntil(NOW), "default", NOW))
        .isInstanceOf(Admission.NotFunded.class);
    assertThat(Admission.funded(fundedUntil(NOW.plusNanos(1)).orElseThrow(), NOW)).isTrue();
    assertThat(Admission.funded(fundedUntil(NOW).orElseThrow(), NOW)).isFalse();
    Account refuses =
        new Account(
            "a",
            "month",
            NOW.minusSeconds(60),
            NOW.plusSeconds(60),
            true,
            false,
            null,
            null,
            null,
            null,
            Traffic.FREE,
            List.of(new Account.Feature("f", null, 0, false, false)));
    Route lower = routeOf("a", "x", "heat 90 %", List.of(leg("v", 100, List.of())), null, wake);
    assertThat(Admission.of(lower, Optional.of(refuses), "f", NOW))
        .isInstanceOf(Admission.VariantUnavailable.class);
    assertThat(Admission.of(asleep, Optional.of(refuses), "f", NOW))
        .isInstanceOf(Admission.Awaited.class);
  }

  @Test
  void shouldShareRequestsOutByWeightWithinAFewOfTheExactShareAtEveryMoment() {
    List<Replica> ready = List.of(new Replica("r", "h:1", 1));
    List<Leg> legs =
        List.of(
            leg("large", 90, ready),
            leg("small", 7, List.of(new Replica("s", "h:2", 1))),
            leg("tiny", 3, List.of(new Replica("t", "h:3", 1))),
            leg("drains", 0, List.of(new Replica("d", "h:4", 1))),
            leg("starts", 50, List.of()));
    Map<String, Integer> served = new TreeMap<>();
    for (int n = 0; n < 10_000; n++) {
      served.merge(Legs.pick(legs, n).orElseThrow().variant(), 1, Integer::sum);
      for (Leg leg : Legs.open(legs)) {
        double share = (n + 1) * leg.weight() / 100.0;
        assertThat(served.getOrDefault(leg.variant(), 0))
            .as("%s after %d", leg.variant(), n + 1)
            .isBetween((int) Math.floor(share - 4), (int) Math.ceil(share + 4));
      }
    }
    assertThat(served).containsOnlyKeys("large", "small", "tiny");
  }

  @Test
  void shouldPickNoLegWhenNoneIsOpen() {
    List<Replica> ready = List.of(new Replica("r", "h:1", 1));
    assertThat(Legs.pick(List.of(leg("v", 0, ready), leg("w", 1, List.of())), 3)).isEmpty();
    assertThat(
            Admission.of(
                routeOf("a", "x", List.of(leg("v", 0, ready)), null),
                Optional.empty(),
                "default",
                NOW))
        .isInstanceOf(Admission.NotReady.class);
  }

  private static ReplicaView view(String name, int maxSequences, int inFlight, boolean suspect) {
    return new ReplicaView(new Replica(name, name + ":1", maxSequences), inFlight, suspect);
  }
}
