package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.reconcile.charges.ChargeScrape;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.charges.Queues;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Demand is remembered over the operator's death, written seldom and never at rest, and begun anew
/// where somebody broke what was written.
final class DemandIsRememberedTest {
  private static final Instant START = Instant.parse("2026-03-09T06:00:00Z");
  private static final Duration LOOK = Duration.ofSeconds(15);
  private static final FakeApi.Key MEMORY =
      new FakeApi.Key(Kind.CONFIG_MAP, OperatorProcess.HOME, "comptroller-demand-blue");

  private final VirtualClock clock = new VirtualClock(START);
  private final FakeApi api = new FakeApi(clock);
  private boolean exists = true;
  private int writes;
  private long served;
  private int waiting;

  /// One life of the operator.
  private final class Life {
    final Demands demands = new Demands();
    final Session session;
    final ChargeScrape scrape;

    Life(Function<Integer, Fate> fate) {
      session =
          new Session(
              api,
              write ->
                  (write.path() + write.body()).contains("comptroller-demand-")
                      ? fate.apply(++writes)
                      : Fate.Done);
      scrape =
          new ChargeScrape(
              MemoryHttp.client(session),
              OperatorProcess.HOME,
              clock,
              LOOK,
              new Charges(),
              new Queues(),
              demands,
              new ChargeScrape.Fleet((_, _) -> exists, Set::of, Duration.ofSeconds(1)),
              (_, path) -> path.equals("/metrics") ? Optional.of(metrics()) : Optional.empty());
    }

    /// Looks at the gateway while it serves so many requests a second.
    void watch(Duration time, int perSecond) throws InterruptedException {
      Instant end = clock.instant().plus(time);
      while (clock.instant().isBefore(end)) {
        clock.advance(clock.instant().plus(LOOK));
        served += LOOK.toSeconds() * perSecond;
        try {
          scrape.look();
        } catch (KubernetesClientException _) {
          // Tried again in the next round.
        }
      }
    }

    Optional<Demands.Window> window() {
      return demands.window("blue", "chat", clock.instant());
    }
  }

  private String metrics() {
    String labels = "{namespace=\"blue\",deployment=\"chat\",";
    return """
        comptroller_gateway_requests_total%1$scode="200"} %2$d
        comptroller_gateway_tokens_total%1$sclass="input"} %3$d
        comptroller_gateway_tokens_total%1$sclass="output"} %2$d0
        comptroller_gateway_waiting_requests%1$sclass="interactive"} %4$d
        """
        .formatted(labels, served, 90 * served, waiting);
  }

  @Test
  void shouldGoOnFromWhatWasWrittenAtMostEveryFiveMinutesAndNothingAtRest() throws Exception {
    GatewayPod.start(api, clock);
    Life first = new Life(_ -> Fate.Done);
    first.watch(Duration.ofMinutes(21), 4);
    assertThat(writes).as("a write at once, then one every 5 minutes").isEqualTo(5);
    assertThat(first.demands.of("blue", "chat", clock.instant())).contains(rate(400));
    first.watch(Duration.ofMinutes(6), 0);
    int rested = writes;
    first.watch(Duration.ofHours(2), 0);
    assertThat(writes).as("written at rest").isEqualTo(rested);
    first.watch(Duration.ofMinutes(11), 4);

    Life second = new Life(_ -> Fate.Done);
    second.watch(LOOK, 4);
    Demands.Window window = second.window().orElseThrow();
    assertThat(window.busiest()).isEqualTo(rate(400));
    assertThat(window.minutes()).isBetween(3, 9);
    assertThat(window.age()).isLessThan(Duration.ofMinutes(7));
    assertThat(second.demands.of("blue", "chat", clock.instant())).isEmpty();
    assertThat(second.demands.hour("blue", "chat", Demands.hourOfWeek(START)))
        .hasValueSatisfying(usual -> assertThat(usual.weeks()).isEqualTo(1));
    assertThat(second.demands.minutes("blue", "chat", clock.instant())).hasSizeGreaterThan(140);
    second.watch(Duration.ofMinutes(11), 4);
    assertThat(second.demands.of("blue", "chat", clock.instant())).contains(rate(400));
  }

  @Test
  void shouldKnowTheMinutesOfTheLastDaysAfterARestart() throws Exception {
    GatewayPod.start(api, clock);
    new Life(_ -> Fate.Done).watch(Duration.ofHours(25), 4);

    Life second = new Life(_ -> Fate.Done);
    second.watch(Duration.ofMinutes(5), 8);

    List<Double> days = second.demands.before("blue", "chat", clock.instant());
    // What was not seen around the restart counts as a day ago.
    assertThat(days).hasSizeBetween(25 * 60, 25 * 60 + 5).endsWith(800.0, 800.0);
    assertThat(days.subList(0, 25 * 60 - 5)).containsOnly(400.0);
  }

  @Test
  void shouldBeginAnewWhereWhatWasWrittenIsBroken() throws Exception {
    GatewayPod.start(api, clock);
    new Life(_ -> Fate.Done).watch(Duration.ofMinutes(12), 4);
    api.edit(
        MEMORY, map -> ((ObjectNode) map.path("binaryData")).put("demand.json.gz", "bm90IGd6aXA="));
    Life second = new Life(_ -> Fate.Done);
    second.watch(LOOK, 4);
    assertThat(second.window()).isEmpty();
    second.watch(Duration.ofMinutes(12), 4);
    assertThat(second.demands.of("blue", "chat", clock.instant())).contains(rate(400));
    Life third = new Life(_ -> Fate.Done);
    third.watch(LOOK, 4);
    assertThat(third.window()).isPresent();
  }

  @Test
  void shouldWriteOnWhateverBecameOfItsWrites() throws Exception {
    GatewayPod.start(api, clock);
    Life process =
        new Life(
            write ->
                switch (write % 3) {
                  case 1 -> Fate.LostReply;
                  default -> Fate.Done;
                });
    process.watch(Duration.ofMinutes(40), 4);
    Life next = new Life(_ -> Fate.Done);
    next.watch(LOOK, 4);
    assertThat(next.window().orElseThrow().busiest()).isEqualTo(rate(400));
  }

  @Test
  void shouldSeeAtAGlanceWhoWaitsWithoutAskingTheApiServer() throws Exception {
    GatewayPod.start(api, clock);
    Life life = new Life(_ -> Fate.Done);
    List<String> told = new ArrayList<>();
    life.demands.onWaiting((namespace, name) -> told.add(namespace + "/" + name));
    life.watch(LOOK, 0);
    life.session.kill();
    waiting = 3;
    clock.advance(clock.instant().plusSeconds(1));
    life.scrape.glance();
    life.scrape.glance();
    assertThat(told).containsExactly("blue/chat");
    assertThat(life.demands.recent("blue", "chat", clock.instant()).orElseThrow().waiting())
        .isEqualTo(3);
  }

  @Test
  void shouldForgetWithTheLastDeployment() throws Exception {
    GatewayPod.start(api, clock);
    Life process = new Life(_ -> Fate.Done);
    process.watch(Duration.ofMinutes(12), 4);
    exists = false;
    process.watch(Duration.ofMinutes(1), 0);
    assertThat(api.get(MEMORY)).isEmpty();
    int rested = writes;
    process.watch(Duration.ofMinutes(20), 0);
    assertThat(writes).isEqualTo(rested);
  }

  private static TokensPerSecond rate(long tokensPerSecond) {
    return TokensPerSecond.of(tokensPerSecond);
  }
}
