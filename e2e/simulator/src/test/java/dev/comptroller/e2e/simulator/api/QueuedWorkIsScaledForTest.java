package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScaleSeen;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.reconcile.Measurements;
import dev.comptroller.reconcile.charges.ChargeScrape;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.signals.Speeds;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What a gateway says of its queue wakes a deployment in time, and not before.
final class QueuedWorkIsScaledForTest {
  private static final Instant START = Instant.parse("2026-03-09T06:00:00Z");
  private static final Instant BY = START.plus(Duration.ofHours(4));
  private static final Duration LOOK = Duration.ofSeconds(15);

  private final VirtualClock clock = new VirtualClock(START);
  private final FakeApi api = new FakeApi(clock);
  private final Demands demands = new Demands();
  private final Queues queues = new Queues();
  private final Measurements measured =
      new Measurements(new Speeds(Speeds.Variants.UNKNOWN), demands, queues);
  private @Nullable String queue;
  private ScaleState state = ScaleState.resumed("large", 0, null);

  private final ChargeScrape scrape =
      new ChargeScrape(
          MemoryHttp.client(new Session(api, _ -> Fate.Done)),
          OperatorProcess.HOME,
          clock,
          LOOK,
          new Charges(),
          queues,
          demands,
          new ChargeScrape.Fleet((_, _) -> true, Set::of, Duration.ofSeconds(1)),
          (_, path) ->
              path.equals("/metrics") ? Optional.of(metrics()) : Optional.ofNullable(queue));

  /// A gateway that nobody asks for anything now, whose queue holds items.
  private static String metrics() {
    return """
        comptroller_gateway_requests_total{namespace="blue",deployment="chat",code="200"} 7
        comptroller_gateway_tokens_total{namespace="blue",deployment="chat",class="output"} 700
        comptroller_gateway_waiting_requests{namespace="blue",deployment="chat",class="batch"} 900
        """;
  }

  private ScaleDecision look() throws InterruptedException {
    clock.advance(clock.instant().plus(LOOK));
    scrape.look();
    Instant now = clock.instant();
    @Nullable DemandSeen asked = measured.asked("blue", "chat", 0, now).orElse(null);
    RungSeen rung =
        new RungSeen(
            "large",
            HourlyRate.parse("19"),
            TokensPerSecond.of(1_000),
            null,
            true,
            state.replicas(),
            8,
            Duration.ofMinutes(3),
            null);
    ScaleDecision decision =
        Autoscaler.next(new ScaleSeen(asked, List.of(rung)), policy(), state, now);
    state = decision.state();
    return decision;
  }

  private static ScalePolicy policy() {
    Variant variant =
        new Variant("large", "h100", 8, new BigDecimal("0.9"), 0, "F16", 8, null, null, 60);
    return ScalePolicy.following(
        new Policy("blue", "chat", List.of(variant), null, 0, new Scaling(0, 8), null),
        ScalePolicy.USUAL);
  }

  @Test
  void shouldWakeInTimeForTheQueueOfAGatewayAndNotAtOnce() throws Exception {
    GatewayPod.start(api, clock);
    // 20 minutes of a replica that does 900 tokens a second.
    queue =
        "{\"due\": [{\"model\": \"blue/chat\", \"by\": \"%s\", \"tokens\": 1080000}]}"
            .formatted(BY);
    ScaleDecision decision = look();
    assertThat(decision.replicas()).isZero();
    while (decision.replicas() == 0 && clock.instant().isBefore(BY)) {
      decision = look();
    }
    assertThat(decision.replicas()).isEqualTo(1);
    assertThat(decision.reason()).isEqualTo(Reason.Deferred);
    assertThat(decision.explanation().summary()).contains("1080000 of them until " + BY);
    assertThat(Duration.between(clock.instant(), BY))
        .isBetween(Duration.ofMinutes(26), Duration.ofMinutes(30));
  }

  @Test
  void shouldWakeAtOnceWhereAGatewayDoesNotSayByWhenItsWorkIsDue() throws Exception {
    GatewayPod.start(api, clock);
    queue = "{\"depth\": []}";
    assertThat(look().replicas()).isEqualTo(1);
  }
}
