package dev.comptroller.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Unavailable;
import dev.comptroller.protocol.routing.RoutingTable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Route route(
      String namespace,
      String deployment,
      List<Replica> replicas,
      @Nullable Unavailable why,
      @Nullable Instant fundedUntil) {
    return new Route(namespace, deployment, "v", null, replicas, why, fundedUntil);
  }

  private static Route route(String namespace, String deployment) {
    return route(namespace, deployment, List.of(new Replica("r", "h:1", 1)), null, null);
  }

  private static final Router ROUTER =
      new Router(
          new RoutingTable(1, List.of(route("b", "chat"), route("a", "chat"), route("a", "code"))));

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
    assertThat(Admission.of(route("a", "x", ready, null, NOW.plusNanos(1)), NOW))
        .isInstanceOf(Admission.Admitted.class);
    assertThat(Admission.of(route("a", "x", ready, null, NOW), NOW))
        .isInstanceOf(Admission.NotFunded.class);
    assertThat(Admission.of(route("a", "x", List.of(), null, null), NOW))
        .isEqualTo(
            new Admission.NotReady("Ready", "deployment a/x has no ready replica of variant v"));
  }

  private static ReplicaView view(String name, int maxSequences, int inFlight, boolean suspect) {
    return new ReplicaView(new Replica(name, name + ":1", maxSequences), inFlight, suspect);
  }
}
