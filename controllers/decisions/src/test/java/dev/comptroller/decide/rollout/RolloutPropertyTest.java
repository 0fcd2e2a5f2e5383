package dev.comptroller.decide.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.rollout.World.Faults;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

class RolloutPropertyTest {
  /// The same lives on every run; raise `tries` or change this to search for more.
  private static final String SEED = "8902654063419166294";

  private static final Map<String, Integer> GPUS = Map.of("large", 4, "medium", 2, "small", 1);
  private static final List<Goal> GOALS =
      List.of(
          new Goal("large", 2, 1, "Asked"),
          new Goal("medium", 2, 1, "Asked"),
          new Goal("small", 2, Goal.ALL, "Asked"),
          new Goal("small", 1, 1, "Asked"));

  /// The largest goal, and the largest variant that may run on beside it.
  private static final int MOST_GPUS = 2 * 4 + 2 * 2;

  /// Seconds until every view shows that something serves.
  private static final int SEEN_TO_SERVE = 4;

  private static final RolloutPolicy POLICY =
      new RolloutPolicy(
          false,
          true,
          Duration.ofSeconds(20),
          5,
          Duration.ofSeconds(3),
          Duration.ofSeconds(2),
          Duration.ofSeconds(1),
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30));

  /// A change that began while the old variant was leaving for a suspension had nothing to go back
  /// to when it failed.
  @Example
  void shouldReachTheGoalThoughAFailedChangeHasNothingToGoBackTo() {
    shouldReachTheGoalWhenFaultsStopWhateverHappenedBefore(1180);
  }

  @Property(tries = 400, seed = SEED)
  void shouldReachTheGoalWhenFaultsStopWhateverHappenedBefore(@ForAll long seed) {
    World world = new World(seed, GPUS, MOST_GPUS);
    Faults faults = new Faults(15, 30, 2, 20, 20, 3);
    Goal goal = GOALS.getFirst();
    for (int i = 0; i < 300; i++) {
      goal = wander(world, goal, true);
      step(world, goal, POLICY.withBreakBeforeMake(seed % 2 == 0), faults);
      assertThat(world.held())
          .as("GPUs at %d s, seed %d%n%s", world.second(), seed, String.join("\n", world.trace))
          .isLessThanOrEqualTo(MOST_GPUS);
    }
    converges(world, goal, seed);
  }

  @Property(tries = 400, seed = SEED)
  void shouldNeverStopServingWhileNoReadyReplicaDies(@ForAll long seed) {
    World world = new World(seed, GPUS, MOST_GPUS);
    Faults faults = new Faults(15, 30, 0, 20, 20, 3);
    Goal goal = GOALS.getFirst();
    int served = 0;
    for (int i = 0; i < 300; i++) {
      goal = wander(world, goal, false);
      step(world, goal, POLICY, faults);
      served = served > SEEN_TO_SERVE || world.serves() ? served + 1 : 0;
      assertThat(served <= SEEN_TO_SERVE || world.serves())
          .as("serves at %d s, seed %d%n%s", world.second(), seed, String.join("\n", world.trace))
          .isTrue();
    }
    converges(world, goal, seed);
  }

  @Property(tries = 300, seed = SEED)
  void shouldSendRequestsWhereSomethingIsReady(@ForAll long seed) {
    World world = new World(seed, GPUS, MOST_GPUS);
    Faults faults = new Faults(0, 30, 5, 20, 20, 0);
    Goal goal = GOALS.getFirst();
    for (int i = 0; i < 300; i++) {
      goal = wander(world, goal, false);
      @Nullable Step step = world.reconcile(goal, POLICY.withBreakBeforeMake(true), faults);
      assertThat(step).isNotNull();
      boolean possible = world.state.legs().stream().anyMatch(l -> world.ready(l.variant()) > 0);
      assertThat(!possible || world.serves())
          .as("serves at %d s, seed %d%n%s", world.second(), seed, String.join("\n", world.trace))
          .isTrue();
      world.tick(faults);
    }
  }

  @Property(tries = 300, seed = SEED)
  void shouldBeginNoChangeWithinTheDwellOfTheLast(@ForAll long seed) {
    World world = new World(seed, GPUS, MOST_GPUS);
    Faults faults = new Faults(10, 20, 0, 10, 10, 2);
    Goal goal = GOALS.getFirst();
    @Nullable Instant ended = null;
    int forward = 0;
    for (int i = 0; i < 400; i++) {
      if (world.random.nextInt(15) == 0) {
        goal = GOALS.get(world.random.nextInt(GOALS.size()));
      }
      RolloutState before = world.state;
      world.reconcile(goal, POLICY, faults);
      RolloutState after = world.state;
      boolean begins =
          before.change() == null && after.change() != null && after.change().to() != null;
      if (begins) {
        forward++;
        assertThat(ended == null || !world.now.isBefore(ended.plus(POLICY.dwell())))
            .as("begins at %d s, seed %d%n%s", world.second(), seed, world.trace)
            .isTrue();
      }
      boolean oneAtATime =
          before.change() == null
              || after.change() == null
              || after.change().rollback()
              || Objects.equals(before.change().to(), after.change().to());
      assertThat(oneAtATime).as("one change at a time, seed %d", seed).isTrue();
      if (before.serving() != null && !before.serving().equals(after.serving())) {
        ended = world.now;
      }
      world.tick(faults);
    }
    assertThat(forward).as("changes begun, seed %d", seed).isPositive();
  }

  @Property(tries = 100, seed = SEED)
  void shouldDecideTheSameFromTheSame(@ForAll long seed) {
    World one = new World(seed, GPUS, MOST_GPUS);
    World two = new World(seed, GPUS, MOST_GPUS);
    Faults faults = new Faults(15, 30, 2, 20, 20, 3);
    Goal goal = GOALS.getFirst();
    for (int i = 0; i < 100; i++) {
      goal = GOALS.get(i / 25);
      step(one, goal, POLICY, faults);
      step(two, goal, POLICY, faults);
      assertThat(two.state).isEqualTo(one.state);
    }
    assertThat(two.trace).isEqualTo(one.trace);
  }

  private static void step(World world, Goal goal, RolloutPolicy policy, Faults faults) {
    if (world.random.nextInt(5) > 0) {
      world.reconcile(goal, policy, faults);
    }
    world.tick(faults);
  }

  private static Goal wander(World world, Goal goal, boolean mayRest) {
    if (world.random.nextInt(25) > 0) {
      return goal;
    }
    Goal next = GOALS.get(world.random.nextInt(GOALS.size()));
    return mayRest && world.random.nextInt(4) == 0
        ? new Goal(next.variant(), 0, 0, "Suspended")
        : next;
  }

  private static void converges(World world, Goal goal, long seed) {
    for (int i = 0; i < 500; i++) {
      world.reconcile(goal, POLICY, Faults.NONE);
      world.tick(Faults.NONE);
    }
    String trace =
        "seed %d, goal %s%n%s%n%s"
            .formatted(seed, goal, String.join("\n", world.trace), world.state);
    assertThat(world.state.change()).as(trace).isNull();
    assertThat(world.state.serving()).as(trace).isEqualTo(goal.variant());
    assertThat(world.ready(goal.variant())).as(trace).isEqualTo(goal.replicas());
    assertThat(world.pods).as(trace).hasSize(goal.replicas());
    assertThat(world.deployed()).as(trace).containsExactly(goal.variant());
    int writes = world.writes;
    int actions = world.actions;
    for (int i = 0; i < 50; i++) {
      world.reconcile(goal, POLICY, Faults.NONE);
      world.tick(Faults.NONE);
    }
    assertThat(world.writes - writes).as("writes at rest, " + trace).isZero();
    assertThat(world.actions - actions).as("actions at rest, " + trace).isZero();
  }
}
