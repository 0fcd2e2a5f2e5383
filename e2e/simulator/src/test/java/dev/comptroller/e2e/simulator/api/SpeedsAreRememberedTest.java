package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
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
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.RungRates;
import dev.comptroller.reconcile.signals.SpeedStore;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What was learned of speeds is remembered over the operator's death, so that it sizes as before;
/// written seldom and never at rest, and begun anew where somebody broke what was written.
final class SpeedsAreRememberedTest {
  private static final Instant START = Instant.parse("2026-03-09T06:00:00Z");
  private static final Duration LOOK = Duration.ofSeconds(15);
  private static final TokenLedger.Key LARGE = new TokenLedger.Key("blue", "chat", "large");
  private static final FakeApi.Key MEMORY =
      new FakeApi.Key(Kind.CONFIG_MAP, OperatorProcess.HOME, "comptroller-speeds-blue");

  private final VirtualClock clock = new VirtualClock(START);
  private final FakeApi api = new FakeApi(clock);
  private final Engine engine = new Engine();
  private final Declared declared = declared();
  private boolean exists = true;
  private int writes;
  private long served;

  /// What the counters of a replica show that serves requests of 400 tokens in and 100 out.
  private static final class Engine {
    private long looks;
    private double steps;
    private double roots;
    private double computed;
    private double kv;
    private double seconds;
    private double tokens;
    private double running;

    /// Serves for the time between two looks.
    void run() {
      looks++;
      running = 4 + 12 * (looks % 4);
      double each = running + 4 * running;
      double held = 450 * running;
      double step = 0.012 + 2.5e-5 * each + 2e-8 * held;
      double more = LOOK.toSeconds() / step;
      steps += more;
      roots += more * Math.sqrt(running);
      computed += more * each;
      kv += more * held;
      seconds += more * step;
      tokens += more * running;
    }

    String page() {
      return """
          vllm:num_requests_running %s
          vllm:prompt_tokens_total %s
          vllm:generation_tokens_total %s
          vllm:time_to_first_token_seconds_sum %s
          vllm:time_to_first_token_seconds_count %s
          comptroller_step_tokens_count %s
          comptroller_step_tokens_sum %s
          comptroller_step_root_sequences_total %s
          comptroller_step_kv_tokens_total %s
          comptroller_step_seconds_total %s
          """
          .formatted(
              running,
              4 * tokens,
              tokens,
              tokens / 100 * 0.05,
              tokens / 100,
              steps,
              computed,
              roots,
              kv,
              seconds);
    }
  }

  private final class Variants implements Speeds.Variants {
    @Override
    public boolean exists(TokenLedger.Key variant) {
      return exists;
    }

    @Override
    public Optional<Subject> subject(TokenLedger.Key variant) {
      return Optional.of(new Subject("uid", "Vllm models/llama, 1 x NVIDIA-H100"));
    }

    @Override
    public Optional<Belief> prior(TokenLedger.Key variant) {
      return Optional.empty();
    }
  }

  /// One life of the operator.
  private final class Life {
    final Speeds speeds = new Speeds(new Variants());
    final Demands demands = new Demands();
    final SpeedStore store;
    final ChargeScrape scrape;
    private ScaleState state = ScaleState.resumed("large", 3, null);

    Life(Function<Integer, Fate> fate) {
      KubernetesClient client =
          MemoryHttp.client(
              new Session(
                  api,
                  write ->
                      (write.path() + write.body()).contains("comptroller-speeds-")
                          ? fate.apply(++writes)
                          : Fate.Done));
      store = new SpeedStore(speeds, client, OperatorProcess.HOME, clock, LOOK);
      scrape =
          new ChargeScrape(
              client,
              OperatorProcess.HOME,
              clock,
              LOOK,
              new Charges(),
              new Queues(),
              demands,
              new ChargeScrape.Fleet((_, _) -> exists, Set::of, Duration.ofSeconds(1)),
              (_, path) -> path.equals("/metrics") ? Optional.of(metrics()) : Optional.empty());
    }

    /// Looks at the gateway and the engine while they serve, or at rest.
    void watch(Duration time, boolean serving) throws InterruptedException {
      Instant end = clock.instant().plus(time);
      while (clock.instant().isBefore(end)) {
        clock.advance(clock.instant().plus(LOOK));
        if (serving) {
          served += LOOK.toSeconds() * 20;
          engine.run();
        }
        look();
      }
    }

    private void look() throws InterruptedException {
      try {
        store.look();
      } catch (KubernetesClientException _) {
        // Tried again in the next round.
      }
      scrape.look();
      speeds.add(LARGE, new Speeds.Replica("pod", START), clock.instant(), engine.page());
    }

    Map<String, SafeRate> rates() {
      return RungRates.measured(
          declared, new Measurements(speeds, demands, new Queues()), clock.instant());
    }

    /// What the autoscaler decides now.
    ScaleDecision size() {
      Instant now = clock.instant();
      Map<String, SafeRate> rates = rates();
      @Nullable DemandSeen asked =
          new Measurements(speeds, demands, new Queues())
              .asked("blue", "chat", 0, now)
              .orElse(null);
      RungSeen rung =
          new RungSeen(
              "large",
              HourlyRate.parse("19"),
              RungRates.of(declared.policy().ladder(), Map.of(), rates)
                  .of("large")
                  .orElse(TokensPerSecond.of(600)),
              null,
              rates.containsKey("large"),
              state.replicas(),
              30,
              Duration.ofMinutes(3),
              null);
      ScaleDecision decision =
          Autoscaler.next(
              new ScaleSeen(asked, List.of(rung)),
              ScalePolicy.following(declared.policy(), ScalePolicy.USUAL),
              state,
              now);
      state = decision.state();
      return decision;
    }
  }

  /// A gateway that serves 20 requests of 500 tokens a second.
  private String metrics() {
    String labels = "{namespace=\"blue\",deployment=\"chat\",";
    return """
        comptroller_gateway_requests_total%1$scode="200"} %2$d
        comptroller_gateway_tokens_total%1$sclass="input"} %3$d
        comptroller_gateway_tokens_total%1$sclass="output"} %4$d
        """
        .formatted(labels, served, 400 * served, 100 * served);
  }

  private static Declared declared() {
    ModelDeployment deployment =
        Serialization.unmarshal(
            """
            apiVersion: comptroller.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: chat, namespace: blue}
            spec:
              scaling: {minReplicas: 0, maxReplicas: 30}
              variants:
              - name: large
                model: {uri: "pvc://models/llama", parameters: 8B, quantization: FP8}
                engine: Vllm
                gpus: 1
                pool: h100
                quality: 90
                throughput: {tokensPerSecond: 1000}
                targetUtilization: 60
            """,
            ModelDeployment.class);
    if (DeploymentParser.parse(deployment) instanceof Parsed.Valid<Declared>(Declared declared)) {
      return declared;
    }
    throw new IllegalStateException("the spec above is not valid");
  }

  @Test
  void shouldSizeRightAfterARestartAsItDidBefore() throws Exception {
    GatewayPod.start(api, clock);
    Life first = new Life(_ -> Fate.Done);
    first.watch(Duration.ofMinutes(23), true);
    ScaleDecision before = first.size();
    double speed = rate(first).orElseThrow().tokensPerSecond();

    clock.advance(clock.instant().plusSeconds(90));
    Life killed = new Life(_ -> Fate.Done);
    killed.store.look();
    assertThat(rate(killed).orElseThrow().tokensPerSecond())
        .as("before anything is seen")
        .isCloseTo(speed, withinPercentage(3));
    killed.watch(Duration.ofSeconds(45), true);
    assertThat(killed.size().replicas()).isEqualTo(before.replicas());

    breakMemory();
    Life forgetful = new Life(_ -> Fate.Done);
    forgetful.watch(Duration.ofSeconds(45), true);
    assertThat(rate(forgetful)).isEmpty();
    assertThat(forgetful.size().replicas()).isGreaterThan(2 * before.replicas());
  }

  @Test
  void shouldWriteAtMostEveryTenMinutesAndNothingAtRestAndWhatIsLeftWhenItEnds() throws Exception {
    GatewayPod.start(api, clock);
    Life first = new Life(_ -> Fate.Done);
    first.watch(Duration.ofMinutes(5), false);
    assertThat(writes).as("before anything was learned").isZero();
    first.watch(Duration.ofMinutes(41), true);
    assertThat(writes).as("a write at once, then one every 10 minutes").isEqualTo(5);
    first.watch(Duration.ofMinutes(11), false);
    int rested = writes;
    assertThat(rested).isLessThanOrEqualTo(6);
    Optional<SafeRate> known = rate(first);
    first.watch(Duration.ofHours(3), false);
    assertThat(writes).as("written at rest").isEqualTo(rested);
    assertThat(rate(first)).as("while nothing is asked").isEqualTo(known).isPresent();

    first.watch(Duration.ofMinutes(1), true);
    first.watch(Duration.ofMinutes(1), true);
    int due = writes;
    first.store.close();
    assertThat(writes).isEqualTo(due + 1);
    first.store.close();
    assertThat(writes).isEqualTo(due + 1);

    Life second = new Life(_ -> Fate.Done);
    second.store.look();
    assertThat(second.speeds.learned()).isEqualTo(first.speeds.learned());
    assertThat(rate(second)).isEqualTo(rate(first));
    second.watch(Duration.ofMinutes(30), false);
    assertThat(writes).as("written at rest after a restart").isEqualTo(due + 1);
  }

  @Test
  void shouldBeginAnewWhereWhatWasWrittenIsBroken() throws Exception {
    GatewayPod.start(api, clock);
    new Life(_ -> Fate.Done).watch(Duration.ofMinutes(12), true);
    breakMemory();
    Life second = new Life(_ -> Fate.Done);
    second.watch(LOOK, true);
    assertThat(second.speeds.learned()).isEmpty();
    second.watch(Duration.ofMinutes(25), true);
    assertThat(rate(second)).isPresent();
    Life third = new Life(_ -> Fate.Done);
    third.store.look();
    assertThat(rate(third)).isPresent();
  }

  @Test
  void shouldWriteOnWhateverBecameOfItsWrites() throws Exception {
    GatewayPod.start(api, clock);
    Life process = new Life(write -> write % 3 == 1 ? Fate.LostReply : Fate.Done);
    process.watch(Duration.ofMinutes(40), true);
    Life next = new Life(_ -> Fate.Done);
    next.store.look();
    assertThat(rate(next)).isPresent();
  }

  @Test
  void shouldForgetWithTheLastDeployment() throws Exception {
    GatewayPod.start(api, clock);
    Life process = new Life(_ -> Fate.Done);
    process.watch(Duration.ofMinutes(12), true);
    assertThat(api.get(MEMORY)).isPresent();
    exists = false;
    process.speeds.renew(_ -> true, clock.instant());
    process.store.look();
    assertThat(api.get(MEMORY)).isEmpty();
    int gone = writes;
    process.store.look();
    process.store.close();
    assertThat(writes).isEqualTo(gone);
  }

  private void breakMemory() {
    api.edit(
        MEMORY, map -> ((ObjectNode) map.path("binaryData")).put("speeds.json.gz", "bm90IGd6aXA="));
  }

  private static Optional<SafeRate> rate(Life life) {
    return Optional.ofNullable(life.rates().get("large"));
  }
}
