package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.capacity.Sizing.Binding;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SizingTest {
  private static final StepCost STEPS = new StepCost(0.01, 2e-5, 2e-8);
  private static final Limits LIMITS = new Limits(64, 2_048, 400_000);
  private static final Workload CHAT = new Workload(500, 200, 0);
  private static final Slo SLO = new Slo(0.5, 0.03, 0.95);

  @Test
  void shouldBeAnErlangQueueWhereStepsDoNotSlowDown() {
    // One place: arrivals at half of what leaves, so 1/3 and so on: M/M/1/11 has p0 = 1/2 nearly.
    StepCost flat = new StepCost(0.01, 0, 0);
    Workload one = new Workload(10, 100, 0);
    double leaves = 1 / (0.01 * 100);
    Sizing.State state = Sizing.at(leaves / 2, flat, new Limits(1, 2_048, 1e9), one, Slo.NONE);
    assertThat(state.sequences()).isCloseTo(0.5, within(1e-3));
    // The mean wait of an M/M/1 queue at one half is one service time.
    assertThat(state.timeToFirstToken()).isCloseTo(1.0 + 0.01, within(0.02));
  }

  @Test
  void shouldKeepThePromiseAtTheRateAndNotAboveIt() {
    SafeRate rate = Sizing.largestRate(STEPS, LIMITS, CHAT, SLO);
    assertThat(Sizing.at(rate.requestsPerSecond(), STEPS, LIMITS, CHAT, SLO).attained())
        .isGreaterThanOrEqualTo(0.95);
    assertThat(Sizing.at(1.05 * rate.requestsPerSecond(), STEPS, LIMITS, CHAT, SLO).attained())
        .isLessThan(0.95);
    assertThat(rate.tokensPerSecond()).isCloseTo(700 * rate.requestsPerSecond(), within(1e-6));
  }

  @Test
  void shouldKeepThePromiseWhereReplicasShareWhatComes() {
    // First tokens within two seconds, answers of about five: who waits is soon served.
    Slo patient = new Slo(2, 0.05, 0.999);
    SafeRate alone = Sizing.largestRate(STEPS, LIMITS, CHAT, patient);
    double full = alone.fullTokensPerSecond() / 700;
    double free = 1 - alone.requestsPerSecond() / full;
    assertThat(alone.growth()).isBetween(0.02, 0.4);
    Replica four = Replica.of(STEPS, null, LIMITS, CHAT).together(Sizing.SHARED);
    double kept = full * (4 - free * Math.pow(4, alone.growth()));
    assertThat(kept).isGreaterThan(4 * alone.requestsPerSecond());
    assertThat(four.at(0.999 * kept, patient).attained()).isGreaterThanOrEqualTo(0.999);
    // They could not be fuller: no more than what rounding leaves.
    assertThat(four.at(1.01 * kept, patient).attained()).isLessThan(0.999);
  }

  @Test
  void shouldKeepMoreFreeTogetherWhereNobodyMayWait() {
    double patient = Sizing.largestRate(STEPS, LIMITS, CHAT, new Slo(2, 0.05, 0.999)).growth();
    double hasty = Sizing.largestRate(STEPS, LIMITS, CHAT, new Slo(0.1, 0.05, 0.999)).growth();
    assertThat(hasty).isGreaterThan(patient + 0.05).isLessThanOrEqualTo(0.5);
    // One by itself shares with nobody.
    Replica one = Replica.of(STEPS, null, LIMITS, CHAT);
    assertThat(one.together(1).at(10, SLO)).isEqualTo(one.at(10, SLO));
    assertThat(one.together(4).fastest()).isCloseTo(4 * one.fastest(), within(1e-9));
  }

  @Property(tries = 60)
  void shouldNeverRiseWithLongerRequestsSlowerStepsOrStricterPromises(
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    StepCost steps =
        new StepCost(
            0.002 + 0.03 * random.nextDouble(),
            1e-4 * random.nextDouble(),
            1e-7 * random.nextDouble());
    Workload work = new Workload(1 + random.nextInt(4_000), 1 + random.nextInt(800), 0);
    Slo slo = new Slo(0.2 + random.nextDouble(), 0.02 + 0.1 * random.nextDouble(), 0.9);
    double rate = Sizing.largestRate(steps, LIMITS, work, slo).requestsPerSecond();
    Workload longer = new Workload(2 * work.inputTokens(), work.outputTokens(), 0);
    Slo strict = new Slo(slo.timeToFirstToken(), slo.timePerOutputToken(), 0.99);
    StepCost slow =
        new StepCost(1.5 * steps.fixed(), 1.5 * steps.perToken(), 1.5 * steps.perKvToken());
    Limits tight = new Limits(32, 2_048, 400_000);
    double most = rate * 1.01;
    assertThat(Sizing.largestRate(steps, LIMITS, longer, slo).requestsPerSecond())
        .isLessThanOrEqualTo(most);
    assertThat(Sizing.largestRate(steps, LIMITS, work, strict).requestsPerSecond())
        .isLessThanOrEqualTo(most);
    assertThat(Sizing.largestRate(slow, LIMITS, work, slo).requestsPerSecond())
        .isLessThanOrEqualTo(most);
    assertThat(Sizing.largestRate(steps, tight, work, Slo.NONE).requestsPerSecond())
        .isLessThanOrEqualTo(
            Sizing.largestRate(steps, LIMITS, work, Slo.NONE).requestsPerSecond() * 1.001);
  }

  @Test
  void shouldSayWhatBinds() {
    assertThat(Sizing.largestRate(STEPS, LIMITS, CHAT, Slo.NONE).binding())
        .isEqualTo(Binding.Throughput);
    assertThat(Sizing.largestRate(STEPS, LIMITS, CHAT, new Slo(10, 0.015, 0.95)).binding())
        .isEqualTo(Binding.TimePerOutputToken);
    assertThat(Sizing.largestRate(STEPS, LIMITS, CHAT, new Slo(0.06, 1, 0.95)).binding())
        .isEqualTo(Binding.TimeToFirstToken);
    SafeRate none = Sizing.largestRate(STEPS, LIMITS, CHAT, new Slo(0.001, 1, 0.95));
    assertThat(none.binding()).isEqualTo(Binding.Impossible);
    assertThat(none.requestsPerSecond()).isZero();
  }

  @Test
  void shouldCarryTheErrorOfTheStepsOverToTheRate() {
    Fit fit = Fit.from(Physics.stepBelief(STEPS), Fit.STEP_NOISE);
    double before = Sizing.largestRate(fit.stepCost(), Optional.empty(), LIMITS, CHAT, SLO).error();
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      double n = 1 + random.nextInt(60);
      fit =
          fit.seeing(
              StepSample.one(n, n + random.nextInt(900), 600 * n, STEPS.seconds(n, n, 600 * n)));
    }
    double after = Sizing.largestRate(fit.stepCost(), Optional.empty(), LIMITS, CHAT, SLO).error();
    assertThat(before).isGreaterThan(0.3);
    assertThat(after).isLessThan(before / 3);
  }

  @Test
  void shouldBelieveTheFirstTokensThatWereMeasured() {
    Fit fit = Fit.from(Physics.stepBelief(STEPS), Fit.STEP_NOISE);
    FirstTokenCurve slow = FirstTokenCurve.straight(new FirstTokenCost(0.3, 1e-4, 0.01, 0));
    SafeRate plain = Sizing.largestRate(fit.stepCost(), Optional.empty(), LIMITS, CHAT, SLO);
    SafeRate measured = Sizing.largestRate(fit.stepCost(), Optional.of(slow), LIMITS, CHAT, SLO);
    assertThat(measured.binding()).isEqualTo(Binding.TimeToFirstToken);
    assertThat(measured.requestsPerSecond()).isLessThan(0.8 * plain.requestsPerSecond());
    FirstTokenCurve never = FirstTokenCurve.straight(new FirstTokenCost(0.6, 0, 0, 0));
    assertThat(Sizing.largestRate(fit.stepCost(), Optional.of(never), LIMITS, CHAT, SLO).binding())
        .isEqualTo(Binding.Impossible);
  }

  @Property(tries = 40)
  void shouldKeepFirstTokensNoFasterUnderMoreLoad(
      @ForAll @IntRange(min = 0, max = 1 << 20) int seed) {
    Random random = new Random(seed);
    FirstTokenFit fit = FirstTokenFit.from(new FirstTokenCost(0.1, 1e-4, 1e-3, 1e-6));
    for (int i = 0; i < 40; i++) {
      // By chance, first tokens were sooner beside more.
      double n = 1 + random.nextInt(60);
      fit = fit.seeing(CHAT, n, (0.35 - 0.004 * n) * (0.8 + 0.4 * random.nextDouble()), 1);
    }
    FirstTokenCurve curve = fit.curve();
    assertThat(curve.seconds(CHAT, 60)).isLessThan(curve.seconds(CHAT, 1));
    Replica replica = Replica.of(STEPS, curve, LIMITS, CHAT);
    Slo slo = new Slo(0.3, 1, 0.95);
    double before = 0;
    double attained = 1;
    for (int i = 1; i <= 40; i++) {
      Sizing.State state = replica.at(i / 40.0 * replica.fastest(), slo);
      assertThat(state.timeToFirstToken()).isGreaterThanOrEqualTo(before * (1 - 1e-9));
      assertThat(state.firstAttained()).isLessThanOrEqualTo(attained + 1e-9);
      before = state.timeToFirstToken();
      attained = state.firstAttained();
    }
  }

  @Test
  void shouldAgreeWithABatcherThatIsSimulatedStepByStep() {
    for (Slo slo : List.of(SLO, new Slo(1, 0.05, 0.9), new Slo(0.3, 0.025, 0.95))) {
      SafeRate rate = Sizing.largestRate(STEPS, LIMITS, CHAT, slo);
      // Safe: at the rate that it says the promise is kept, and not by a factor.
      assertThat(simulated(rate.requestsPerSecond(), slo)).isGreaterThan(slo.attainment() - 0.01);
      assertThat(simulated(1.35 * rate.requestsPerSecond(), slo)).isLessThan(slo.attainment());
    }
  }

  /// The part of the requests that keeps both promises where they arrive at random, answers have
  /// exponential lengths, and prompts are computed in pieces along with answers.
  private static double simulated(double rate, Slo slo) {
    Random random = new Random(11);
    Deque<Double> waiting = new ArrayDeque<>();
    List<double[]> running = new ArrayList<>(); // arrived, prompt left, output left, first, output
    double now = 0;
    double next = 0;
    int good = 0;
    int all = 0;
    while (all < 20_000) {
      while (next <= now) {
        waiting.add(next);
        next += -Math.log(1 - random.nextDouble()) / rate;
      }
      while (!waiting.isEmpty() && running.size() < LIMITS.maxSequences()) {
        double output = Math.max(1, Math.ceil(-200 * Math.log(1 - random.nextDouble())));
        running.add(new double[] {waiting.poll(), CHAT.inputTokens(), output, -1, output});
      }
      if (running.isEmpty()) {
        now = next;
        continue;
      }
      double room = LIMITS.maxBatchedTokens();
      double kv = 0;
      double tokens = 0;
      List<double[]> stepping = new ArrayList<>();
      for (double[] each : running) {
        double computed = each[1] > 0 ? Math.min(each[1], room) : Math.min(1, room);
        kv += CHAT.inputTokens() - each[1] + each[4] - each[2];
        if (computed > 0) {
          room -= computed;
          tokens += computed;
          stepping.add(each);
          each[1] = Math.max(0, each[1] - computed);
        }
      }
      now += STEPS.seconds(stepping.size(), tokens, kv);
      for (double[] each : stepping) {
        if (each[1] == 0) {
          each[2]--;
          if (each[3] < 0) {
            each[3] = now;
          }
        }
      }
      for (Iterator<double[]> i = running.iterator(); i.hasNext(); ) {
        double[] each = i.next();
        if (each[2] <= 0) {
          i.remove();
          all++;
          boolean first = each[3] - each[0] <= slo.timeToFirstToken();
          boolean perToken =
              each[4] < 2 || (now - each[3]) / (each[4] - 1) <= slo.timePerOutputToken();
          good += first && perToken ? 1 : 0;
        }
      }
    }
    return good / (double) all;
  }
}
