package dev.comptroller.decide.heat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.heat.HeatVerdict.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class HeatLadderPropertyTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final int PERIOD = 7_200;

  @Provide
  Arbitrary<HeatLadder> ladders() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 120),
            Arbitraries.of(HeatSource.class),
            Arbitraries.of(HeatAction.class),
            Arbitraries.integers().between(0, 900),
            Arbitraries.integers().between(0, 119))
        .as(
            (at, of, action, dwell, release) ->
                new HeatStep(
                    at,
                    of,
                    action,
                    action.isLimit() ? 100 : 0,
                    Duration.ofSeconds(dwell),
                    release % at))
        .list()
        .ofMaxSize(6)
        .map(HeatLadder::new);
  }

  /// Heat that wanders, jumps and, with a new period, starts again.
  private static List<Heat> walk(Random random, List<Instant> looks) {
    List<Heat> heats = new ArrayList<>();
    int spent = 0;
    int forecast = 50;
    Instant period = START;
    for (Instant now : looks) {
      if (!now.isBefore(period.plusSeconds(PERIOD))) {
        period = period.plusSeconds(PERIOD);
        spent = 0;
      }
      spent += random.nextInt(6);
      forecast =
          random.nextInt(12) == 0
              ? random.nextInt(150)
              : Math.max(0, forecast + random.nextInt(21) - 10);
      heats.add(new Heat(period, spent, forecast));
    }
    return heats;
  }

  private static List<Instant> looks(Random random, int count) {
    List<Instant> looks = new ArrayList<>();
    Instant now = START;
    for (int i = 0; i < count; i++) {
      looks.add(now);
      now = now.plusSeconds(1 + random.nextInt(random.nextInt(8) == 0 ? 1_500 : 90));
    }
    return looks;
  }

  @Property(tries = 300)
  void shouldNeverFlapAndKeepTheCoolEndInForce(
      @ForAll("ladders") HeatLadder ladder, @ForAll long seed) {
    Random random = new Random(seed);
    List<Instant> looks = looks(random, 150);
    List<Heat> heats = walk(random, looks);
    Map<StepName, Instant> changedAt = new HashMap<>();
    HeatState state = HeatState.EMPTY;
    List<Boolean> before = ladder.steps().stream().map(_ -> false).toList();
    for (int k = 0; k < looks.size(); k++) {
      Instant now = looks.get(k);
      HeatVerdict verdict = ladder.next(state, heats.get(k), now);
      state = verdict.state();
      List<Boolean> inForce = verdict.steps().stream().map(Standing::inForce).toList();
      int changed = 0;
      for (int i = 0; i < inForce.size(); i++) {
        assertThat(i > 0 && inForce.get(i) && !inForce.get(i - 1)).as("prefix").isFalse();
        if (!inForce.get(i).equals(before.get(i))) {
          changed++;
          Instant last = changedAt.put(ladder.keys().get(i), now);
          if (last != null) {
            assertThat(Duration.between(last, now))
                .isGreaterThanOrEqualTo(ladder.steps().get(i).dwell());
          }
        }
      }
      assertThat(verdict.changes()).hasSize(changed);
      before = inForce;
    }
  }

  /// Looking at the instant that a verdict names finds the change that it promised.
  @Property(tries = 300)
  void shouldChangeWhenItSaysIfHeatStays(@ForAll("ladders") HeatLadder ladder, @ForAll long seed) {
    Random random = new Random(seed);
    List<Instant> looks = looks(random, 40);
    List<Heat> heats = walk(random, looks);
    HeatState state = HeatState.EMPTY;
    for (int k = 0; k < looks.size(); k++) {
      HeatVerdict verdict = ladder.next(state, heats.get(k), looks.get(k));
      state = verdict.state();
      Heat same = heats.get(k);
      for (int i = 0; i < verdict.steps().size(); i++) {
        Standing standing = verdict.steps().get(i);
        Instant due = standing.due();
        if (due == null || !due.isAfter(looks.get(k))) {
          continue;
        }
        assertThat(stepAt(ladder, state, same, due, i)).isNotEqualTo(standing.inForce());
        assertThat(stepAt(ladder, state, same, due.minusMillis(1), i))
            .isEqualTo(standing.inForce());
      }
    }
  }

  private static boolean stepAt(
      HeatLadder ladder, HeatState state, Heat heat, Instant now, int index) {
    return ladder.next(state, heat, now).steps().get(index).inForce();
  }

  /// An oracle of its own for one step: replays the whole past at every second.
  @Property(tries = 100)
  void shouldEqualAReplayOfThePastForOneStep(
      @ForAll @IntRange(min = 2, max = 100) int at,
      @ForAll @IntRange(min = 0, max = 99) int under,
      @ForAll @IntRange(min = 0, max = 60) int dwell,
      @ForAll long seed) {
    int release = under % at;
    HeatStep step =
        new HeatStep(at, HeatSource.Larger, HeatAction.Warn, 0, Duration.ofSeconds(dwell), release);
    HeatLadder ladder = new HeatLadder(List.of(step));
    Random random = new Random(seed);
    int[] heats = new int[200];
    for (int second = 0; second < heats.length; second++) {
      boolean jump = second == 0 || random.nextInt(Math.max(1, dwell)) == 0;
      heats[second] = jump ? random.nextInt(120) : heats[second - 1];
    }
    HeatState state = HeatState.EMPTY;
    boolean expected = false;
    int lastChange = -1;
    for (int second = 0; second < heats.length; second++) {
      int run = 0;
      int from = lastChange + 1;
      for (int back = second; back >= from; back--) {
        boolean other = expected ? heats[back] < release : heats[back] >= at;
        if (!other) {
          break;
        }
        run++;
      }
      if (run > dwell) {
        expected = !expected;
        lastChange = second;
      }
      HeatVerdict verdict =
          ladder.next(state, new Heat(START, heats[second], 0), START.plusSeconds(second));
      state = verdict.state();
      assertThat(!verdict.inForce().isEmpty()).as("second %d", second).isEqualTo(expected);
    }
  }

  @Property(tries = 100)
  void shouldComeToRestWhenHeatDoes(
      @ForAll("ladders") HeatLadder ladder,
      @ForAll @IntRange(min = 0, max = 150) int spent,
      @ForAll @IntRange(min = 0, max = 150) int forecast,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<Instant> looks = looks(random, 60);
    List<Heat> heats = walk(random, looks);
    HeatState state = HeatState.EMPTY;
    for (int k = 0; k < looks.size(); k++) {
      state = ladder.next(state, heats.get(k), looks.get(k)).state();
    }
    Heat last = new Heat(heats.getLast().periodStart(), spent, forecast);
    Instant now = looks.getLast();
    HeatVerdict verdict = ladder.next(state, last, now);
    for (int wakes = 0; verdict.wakeAt().isPresent(); wakes++) {
      assertThat(wakes).isLessThan(20);
      now = verdict.wakeAt().orElseThrow();
      verdict = ladder.next(verdict.state(), last, now);
    }
    HeatVerdict rest = ladder.next(verdict.state(), last, now.plusSeconds(86_400));
    assertThat(rest.changes().size()).isZero();
  }
}
