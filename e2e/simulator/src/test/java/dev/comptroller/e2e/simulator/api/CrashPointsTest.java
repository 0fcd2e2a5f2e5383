package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.OperatorProcess.Temper;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every story of [Stories]; the operator is killed before and after every one of its writes,
/// conflicts with others, loses replies, and sees the world late, twice or with gaps: same end,
/// same creations and deletions, spend exact, nothing told twice, then no writes.
///
/// Samples stand for all of it unless `-Dcrash=full`; `-Dcrash.write=N` is one
/// write, `-Dcrash.story=WORDS` some stories.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CrashPointsTest {
  private static final Logger LOG = Logger.getLogger(CrashPointsTest.class.getName());
  private static final boolean FULL = "full".equals(System.getProperty("crash"));
  private static final int ONLY = Integer.getInteger("crash.write", 0);
  private static final String STORY = System.getProperty("crash.story", "");
  private static final Desk.Pace EVEN = new Desk.Pace(Duration.ZERO, false);

  private final Map<String, Told> calm = new HashMap<>();

  /// What makes a story hard.
  enum Trouble {
    KILLED_BEFORE_A_WRITE,
    KILLED_AFTER_A_WRITE,
    CONFLICTS,
    LOST_REPLIES,
    LATE,
    TWICE,
    WITH_GAPS,
    OLDER_THAN_OWN_WRITES
  }

  /// All stories with all troubles; or the first one with all, and each other with one.
  static Stream<Arguments> troubles() {
    List<Story> stories = Stories.all();
    List<Arguments> all = new ArrayList<>();
    for (int i = 0; i < stories.size(); i++) {
      Trouble own = Trouble.values()[i % Trouble.values().length];
      for (Trouble trouble : Trouble.values()) {
        boolean sample = i == 0 || trouble == own;
        if (stories.get(i).name().contains(STORY) && (sample || FULL || ONLY > 0)) {
          all.add(Arguments.of(stories.get(i), trouble));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void shouldReachTheSameEnd(Story story, Trouble trouble) {
    Told calmly = calm(story);
    switch (trouble) {
      case KILLED_BEFORE_A_WRITE -> killed(story, calmly, Fate.KilledBefore);
      case KILLED_AFTER_A_WRITE -> killed(story, calmly, Fate.KilledAfter);
      case CONFLICTS -> disturbed(story, calmly, Fate.Conflict);
      case LOST_REPLIES -> disturbed(story, calmly, Fate.LostReply);
      case LATE -> late(story, calmly, new Temper(EVEN, 5, 1, false));
      case TWICE -> late(story, calmly, new Temper(EVEN, 1, 2, false));
      case WITH_GAPS -> late(story, calmly, new Temper(EVEN, 3, 1, true));
      case OLDER_THAN_OWN_WRITES ->
          late(story, calmly, new Temper(new Desk.Pace(Duration.ZERO, true), 4, 1, false));
    }
  }

  @Test
  void shouldDoTheSameWritesInTheSameOrderWhenTheSameStoryIsToldAgain() {
    Story story = Stories.all().getFirst();
    assertThat(tell(story, Temper.EVEN, (_, _) -> Fate.Done).rig.writes)
        .isEqualTo(calm(story).rig.writes);
  }

  private static void killed(Story story, Told calm, Fate fate) {
    List<Integer> points = points(story, calm.rig.writes.size());
    for (int k : points) {
      Told told = tell(story, Temper.EVEN, (n, _) -> n == k ? fate : Fate.Done);
      String what = "%s write %d, %s".formatted(fate, k, calm.rig.writes.get(k - 1));
      same(calm, told, what);
      assertThat(repeated(calm.rig.news, told.rig.news)).as("%s: told twice", what).isEmpty();
      assertThat(told.rig.starts()).isEqualTo(2);
    }
    LOG.info(
        "%s: %d writes, %s %d of them"
            .formatted(story, calm.rig.writes.size(), fate, points.size()));
  }

  private static void disturbed(Story story, Told calm, Fate fate) {
    int part = Math.floorMod(story.name().hashCode(), 7);
    for (int offset = FULL ? 0 : part; offset < (FULL ? 7 : part + 1); offset++) {
      int from = offset;
      same(
          calm,
          tell(story, Temper.EVEN, (n, _) -> n % 7 == from ? fate : Fate.Done),
          "%s of every write %d modulo 7".formatted(fate, offset));
    }
  }

  private static void late(Story story, Told calm, Temper temper) {
    same(calm, tell(story, temper, (_, _) -> Fate.Done), temper.toString());
  }

  /// The writes of a story that kill: all of them, or one.
  private static List<Integer> points(Story story, int writes) {
    if (ONLY > 0) {
      return List.of(ONLY);
    }
    return FULL
        ? IntStream.rangeClosed(1, writes).boxed().toList()
        : List.of(1 + Math.floorMod(story.name().hashCode(), writes));
  }

  private static void same(Told calm, Told told, String what) {
    assertThat(told.stages).as("%s: state", what).isEqualTo(calm.stages);
    assertThat(told.births).as("%s: creations and deletions", what).isEqualTo(calm.births);
    assertThat(told.restless).as("%s: writes at rest", what).isEmpty();
    assertThat(told.rig.rumours).as("%s: told twice or of no status", what).isEmpty();
  }

  private static List<String> repeated(Map<String, Integer> once, Map<String, Integer> now) {
    return now.entrySet().stream()
        .filter(entry -> entry.getValue() > once.getOrDefault(entry.getKey(), 0))
        .map(entry -> entry.getKey() + " x " + entry.getValue())
        .toList();
  }

  /// What happened: the state at the end of each stage, births and deaths, writes at rest.
  private record Told(Rig rig, List<String> stages, List<String> births, List<String> restless) {}

  private Told calm(Story story) {
    return calm.computeIfAbsent(story.name(), _ -> tell(story, Temper.EVEN, (_, _) -> Fate.Done));
  }

  private static Told tell(Story story, Temper temper, BiFunction<Integer, Request, Fate> fates) {
    Rig rig = new Rig(Story.START, temper, fates);
    List<String> stages = new ArrayList<>();
    story.setting().accept(rig);
    rig.start();
    for (Story.Stage stage : story.stages()) {
      stage.change().accept(rig);
      rig.run(stage.time());
      stages.add(ClusterState.of(rig));
      compare(story, rig);
    }
    rig.fleet.clear();
    rig.run(Duration.ofMinutes(10));
    stages.add(ClusterState.of(rig));
    compare(story, rig);
    int before = rig.writes.size();
    rig.run(Duration.ofHours(1));
    rig.kill();
    return new Told(
        rig,
        stages,
        rig.births.stream().sorted().toList(),
        List.copyOf(rig.writes.subList(before, rig.writes.size())));
  }

  /// Compares what each namespace spent with the lives of its pods.
  private static void compare(Story story, Rig rig) {
    OperatorProcess operator = rig.operator().orElseThrow();
    Instant now = rig.clock.instant();
    for (String team : List.of("blue", "green")) {
      BudgetState state = operator.treasury().state(team, Exactness.DAY, now);
      assertThat(state.spent().micros())
          .as("%s: spent by %s at %s", story, team, now)
          .isEqualTo(
              rig.bill.spent(
                  team, state.window().start(), state.window().end(), operator.since(), now));
    }
  }
}
