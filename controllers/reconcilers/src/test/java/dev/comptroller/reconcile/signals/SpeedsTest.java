package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.StepCost;
import dev.comptroller.decide.capacity.StepCostEstimate;
import dev.comptroller.decide.capacity.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/// What is learned from pages of metrics alone, of engines whose speed is known.
class SpeedsTest {
  private static final TokenLedger.Key KEY = new TokenLedger.Key("team", "chat", "large");
  private static final Instant START = Instant.parse("2026-01-05T10:00:00Z");
  private static final StepCost TRUTH = SteppingEngine.TRUTH;
  private static final Limits LIMITS = new Limits(64, 2_048, Double.POSITIVE_INFINITY);
  private static final Slo SLO = new Slo(1, 0.05, 0.95);

  private static final Speeds.Replica POD = new Speeds.Replica("pod", START);

  private final SomeVariants variants = new SomeVariants();
  private final Random random = new Random(7);
  private Speeds speeds = new Speeds(variants);

  private SteppingEngine engine(boolean counts) {
    return new SteppingEngine(counts, START, random);
  }

  private Instant observe(SteppingEngine engine, Duration time) {
    return observe(engine, POD, time);
  }

  private Instant observe(SteppingEngine engine, Speeds.Replica replica, Duration time) {
    Instant end = engine.now().plus(time);
    while (engine.now().isBefore(end)) {
      speeds.add(KEY, replica, engine.now(), engine.page());
      engine.run(5);
    }
    return engine.now();
  }

  private Optional<SafeRate> rate(Instant now) {
    return speeds.rate(KEY, LIMITS, SLO, now);
  }

  private Speeds.Learned learned() {
    return Objects.requireNonNull(speeds.learned().get(KEY));
  }

  /// Another process that goes on from what this one has learned.
  private void restart(Instant now) {
    SortedMap<String, SortedMap<String, SpeedMemory>> memory = speeds.memory("team");
    speeds = new Speeds(variants);
    speeds.restore("team", memory, now);
  }

  private static double error(StepCostEstimate estimate) {
    return estimate.cost().seconds(20, 30, 9_000) / TRUTH.seconds(20, 30, 9_000) - 1;
  }

  @Test
  void shouldLearnAStepFromTheRuntimesOwnCountersAndSizeAReplicaByIt() {
    Instant now = observe(engine(true), Duration.ofMinutes(11));
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isCloseTo(0, within(0.03));
    assertThat(speeds.learned().get(KEY))
        .satisfies(learned -> assertThat(learned.steps().samples()).isGreaterThan(100))
        .satisfies(learned -> assertThat(learned.drifts()).isZero());
    Workload mix = speeds.mix(KEY).orElseThrow();
    assertThat(mix.inputTokens()).isCloseTo(400, within(10.0));
    assertThat(mix.outputTokens()).isCloseTo(100, within(10.0));
    SafeRate said = speeds.rate(KEY, LIMITS, SLO, now).orElseThrow();
    SafeRate right = Sizing.largestRate(TRUTH, LIMITS, new Workload(400, 100, 0), SLO);
    assertThat(said.requestsPerSecond() / right.requestsPerSecond()).isCloseTo(1, within(0.1));
  }

  @Test
  void shouldLearnAStepFromTheMetricsOfVllmAlone() {
    Instant now = observe(engine(false), Duration.ofMinutes(11));
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isCloseTo(0, within(0.06));
    SafeRate said = speeds.rate(KEY, LIMITS, SLO, now).orElseThrow();
    SafeRate right =
        Sizing.largestRate(TRUTH, new Limits(64, 2_048, 100_000), new Workload(400, 100, 0), SLO);
    assertThat(said.requestsPerSecond() / right.requestsPerSecond()).isCloseTo(1, within(0.2));
  }

  @Test
  void shouldSayNothingBeforeAWholeWindow() {
    SteppingEngine engine = engine(true);
    Instant early = observe(engine, Speeds.WINDOW.minusSeconds(30));
    assertThat(rate(early)).isEmpty();
    assertThat(rate(early.plus(Duration.ofHours(1)))).as("nobody saw a step since").isEmpty();
    Instant late = observe(engine, Duration.ofMinutes(1));
    assertThat(rate(late)).isPresent();
  }

  @Test
  void shouldSayTheSameForAWeekInWhichNothingIsAskedAndThenLearnAnew() {
    SteppingEngine engine = engine(true);
    Instant last = observe(engine, Duration.ofMinutes(11));
    Optional<SafeRate> said = rate(last);
    assertThat(said).isPresent();
    assertThat(rate(last.plus(Duration.ofDays(6)))).isEqualTo(said);
    assertThat(rate(last.plus(Duration.ofDays(8)))).isEmpty();
    assertThat(rate(last.minus(Duration.ofDays(8)))).as("by a clock that is wrong").isEmpty();

    SteppingEngine later = new SteppingEngine(true, last.plus(Duration.ofDays(8)), random);
    Instant soon = observe(later, Duration.ofMinutes(5));
    assertThat(learned().steps().samples()).isLessThan(70);
    assertThat(rate(soon)).isEmpty();
    assertThat(rate(observe(later, Duration.ofMinutes(6)))).isPresent();
  }

  @Test
  void shouldSayTheSameAfterARestartAndGoOnFromThere() {
    SteppingEngine engine = engine(true);
    Instant last = observe(engine, Duration.ofMinutes(11));
    Optional<SafeRate> said = rate(last);
    Speeds.Learned learned = learned();
    restart(last.plus(Duration.ofDays(2)));
    assertThat(learned()).isEqualTo(learned);
    assertThat(rate(last.plus(Duration.ofDays(2)))).isEqualTo(said).isPresent();
    assertThat(rate(last.plus(Duration.ofDays(8)))).isEmpty();
    observe(engine, Duration.ofMinutes(1));
    assertThat(learned().steps().samples()).isGreaterThan(learned.steps().samples() + 5);
  }

  @Test
  void shouldNotCountTheTimeWithoutTheOperatorAsObserved() {
    SteppingEngine engine = engine(true);
    Instant last = observe(engine, Duration.ofMinutes(6));
    Instant back = last.plus(Duration.ofHours(3));
    restart(back);
    assertThat(rate(back)).isEmpty();
    SteppingEngine later = new SteppingEngine(true, back, random);
    assertThat(rate(observe(later, Duration.ofMinutes(3)))).isEmpty();
    assertThat(rate(observe(later, Duration.ofSeconds(90)))).isPresent();
  }

  @Test
  void shouldNoticeAfterARestartThatTheSpeedIsAnother() {
    SteppingEngine engine = engine(true);
    Instant last = observe(engine, Duration.ofMinutes(11));
    double fast = rate(last).orElseThrow().requestsPerSecond();
    restart(last);
    SteppingEngine upgraded = new SteppingEngine(true, last.plusSeconds(60), random);
    upgraded.by = 1.6;
    assertThat(rate(observe(upgraded, Duration.ofSeconds(60)))).isEmpty();
    assertThat(learned().drifts()).isPositive();
    double slow = rate(observe(upgraded, Duration.ofMinutes(6))).orElseThrow().requestsPerSecond();
    assertThat(slow / fast).isCloseTo(1 / 1.6, within(0.15));
  }

  @Test
  void shouldBeginAnewWhenAVariantIsEditedFromReplicasThatCameAfterwards() {
    SteppingEngine old = engine(true);
    Instant edited = observe(old, Duration.ofMinutes(11));
    assertThat(rate(edited)).isPresent();
    variants.subject = new Speeds.Subject("uid-1", "Vllm models/llama-70b, 4 x NVIDIA-H100");
    speeds.renew(_ -> true, edited);
    assertThat(rate(edited)).isEmpty();
    assertThat(speeds.learned()).isEmpty();

    observe(old, Duration.ofMinutes(11));
    assertThat(speeds.learned()).as("of a replica of before the edit").isEmpty();

    SteppingEngine next = new SteppingEngine(true, old.now(), random);
    Instant now = observe(next, new Speeds.Replica("new", old.now()), Duration.ofMinutes(11));
    assertThat(rate(now)).isPresent();
  }

  @Test
  void shouldLearnFromAllReplicasAgainWhereAnEditReplacedNoneForAnHour() {
    SteppingEngine engine = engine(true);
    Instant edited = observe(engine, Duration.ofMinutes(11));
    variants.subject = new Speeds.Subject("uid-1", "Vllm models/llama, 1 x NVIDIA-H100-NVL");
    speeds.renew(_ -> true, edited);
    SteppingEngine later = new SteppingEngine(true, edited.plus(Duration.ofMinutes(61)), random);
    assertThat(rate(observe(later, Duration.ofMinutes(11)))).isPresent();
  }

  @Test
  void shouldNotGoOnFromWhatWasLearnedOfSomethingElse() {
    SteppingEngine old = engine(true);
    Instant last = observe(old, Duration.ofMinutes(11));
    variants.subject = new Speeds.Subject("uid-2", SomeVariants.SUBJECT.traits());
    restart(last);
    assertThat(rate(last)).isEmpty();
    assertThat(speeds.learned()).isEmpty();

    observe(old, Duration.ofMinutes(11));
    assertThat(speeds.learned()).as("of a replica of before the last write").isEmpty();
    SteppingEngine next = new SteppingEngine(true, old.now(), random);
    Speeds.Replica pod = new Speeds.Replica("new", last.plusSeconds(60));
    assertThat(rate(observe(next, pod, Duration.ofMinutes(11)))).isPresent();
  }

  @Test
  void shouldKeepWhatItKnowsWhileASpecCannotBeReadAndForgetWhatIsGone() {
    Instant last = observe(engine(true), Duration.ofMinutes(11));
    variants.subject = null;
    speeds.renew(_ -> true, last);
    assertThat(rate(last)).isPresent();
    restart(last);
    assertThat(rate(last)).isPresent();
    variants.exist = false;
    speeds.renew(_ -> true, last);
    assertThat(rate(last)).isEmpty();
    assertThat(speeds.isEmpty("team")).isTrue();
  }

  @Test
  void shouldFollowAChangeOfSpeedAndBeSilentWhileItIsUnsure() {
    SteppingEngine engine = engine(true);
    Instant before = observe(engine, Duration.ofMinutes(11));
    double fast = speeds.rate(KEY, LIMITS, SLO, before).orElseThrow().requestsPerSecond();
    engine.by = 1.6;
    Instant during = observe(engine, Duration.ofSeconds(60));
    assertThat(speeds.rate(KEY, LIMITS, SLO, during)).isEmpty();
    Instant after = observe(engine, Duration.ofMinutes(6));
    double slow = speeds.rate(KEY, LIMITS, SLO, after).orElseThrow().requestsPerSecond();
    assertThat(slow / fast).isCloseTo(1 / 1.6, within(0.15));
  }

  @Test
  void shouldNotTakeARestartForSteps() {
    SteppingEngine engine = engine(true);
    observe(engine, Duration.ofMinutes(3));
    double said = error(speeds.stepCost(KEY).orElseThrow());
    SteppingEngine again = new SteppingEngine(true, engine.now(), random);
    speeds.add(KEY, POD, again.now(), again.page());
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isEqualTo(said);
  }

  @Test
  void shouldMakeNothingOutOfPagesThatAreBroken() {
    SteppingEngine engine = engine(true);
    observe(engine, Duration.ofMinutes(1));
    double said = error(speeds.stepCost(KEY).orElseThrow());
    for (String page :
        new String[] {
          "",
          "garbage",
          engine.page().replaceAll("(generation_tokens_total\\{[^}]*}) .*", "$1 NaN"),
          engine.page().replaceAll("(prompt_tokens_total\\{[^}]*}) .*", "$1 -5")
        }) {
      speeds.add(KEY, POD, engine.now().plusSeconds(5), page);
    }
    assertThat(error(speeds.stepCost(KEY).orElseThrow())).isEqualTo(said);
  }
}
