package dev.comptroller.decide.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.rollout.RolloutSeen.Prestage;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import dev.comptroller.decide.rollout.World.Faults;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RolloutTest {
  private static final Instant NOW = World.START;
  private static final Goal LARGE = new Goal("large", 1, 1, "BestVariant");
  private static final Goal SMALL = new Goal("small", 1, 1, "BudgetHeat");
  private static final RolloutPolicy POLICY = RolloutPolicy.DEFAULT;
  private static final RolloutState DRAINING =
      new RolloutState(
          "small",
          List.of(new Leg("large", 0, 1, 1, 1), new Leg("small", 100, 1, 1, 2)),
          new Change(
              Phase.Drain, "large", "small", NOW, NOW, 1, 100, 1, 1, 5, false, false, "Asked"),
          null,
          NOW,
          0,
          2,
          List.of());

  private static World serving(int capacity) {
    World world = new World(1, Map.of("large", 4, "small", 1), capacity);
    run(world, LARGE, POLICY, 30);
    assertThat(world.ready("large")).isEqualTo(1);
    return world;
  }

  private static List<Phase> run(World world, Goal goal, RolloutPolicy policy, int seconds) {
    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      world.reconcile(goal, policy, Faults.NONE);
      Change change = world.state.change();
      if (change != null && (phases.isEmpty() || phases.getLast() != change.phase())) {
        phases.add(change.phase());
      }
      world.tick(Faults.NONE);
    }
    return phases;
  }

  @Test
  void shouldWalkAllPhasesAndHoldNoMoreGpusThanBothVariants() {
    World world = serving(8);

    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      run(world, SMALL, POLICY, 1).stream().filter(p -> !phases.contains(p)).forEach(phases::add);
      assertThat(world.held()).isLessThanOrEqualTo(5);
      assertThat(world.serves()).isTrue();
    }

    assertThat(phases)
        .containsExactly(
            Phase.Prestage,
            Phase.Start,
            Phase.Warm,
            Phase.Canary,
            Phase.Shift,
            Phase.Drain,
            Phase.Release);
    assertThat(world.deployed()).containsExactly("small");
    assertThat(world.state.rollbacks()).isZero();
  }

  @Test
  void shouldGoBackToWhatServedWellWithoutATrial() {
    World world = serving(8);
    run(world, SMALL, POLICY, 120);

    assertThat(run(world, LARGE, POLICY, 120))
        .containsExactly(
            Phase.Prestage, Phase.Start, Phase.Warm, Phase.Shift, Phase.Drain, Phase.Release);
    assertThat(world.state.serving()).isEqualTo("large");
  }

  @Test
  void shouldMoveAllTrafficInTwoStepsToWhatServedWell() {
    World world = serving(8);
    run(world, SMALL, POLICY, 120);
    List<Integer> shares = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      run(world, LARGE, POLICY, 1);
      int share = world.state.leg("large").map(Leg::weight).orElse(0);
      if (shares.isEmpty() || shares.getLast() != share) {
        shares.add(share);
      }
    }

    assertThat(shares).containsExactly(0, 50, 100);
  }

  @Test
  void shouldTryAVariantThatIsMadeOfSomethingElseThanWhatServed() {
    World world = serving(8);
    run(world, SMALL, POLICY, 120);
    world.templates.put("large", "edited");

    assertThat(run(world, LARGE, POLICY, 120)).contains(Phase.Canary);
  }

  @Test
  void shouldTryAVariantAgainThatFailed() {
    World world = serving(8);
    run(world, SMALL, POLICY, 120);
    Faults broken = new Faults(0, 0, 0, 100, 0, 0);
    for (int i = 0; i < 120 && world.state.backOff() == null; i++) {
      world.reconcile(LARGE, POLICY, broken);
      world.tick(broken);
    }
    assertThat(world.state.backOff()).isNotNull();

    assertThat(run(world, LARGE, POLICY, 200)).contains(Phase.Canary);
  }

  @Test
  void shouldRememberHowLongChangesToAVariantTake() {
    World world = serving(8);
    Instant began = world.now;
    while (!"small".equals(world.state.serving()) || world.state.change() != null) {
      run(world, SMALL, POLICY, 1);
    }
    Duration took = Duration.between(began, world.now);

    assertThat(Past.changes(world.state.past()).keySet()).containsExactly("small");
    assertThat(Past.changes(world.state.past()).get("small")).isBetween(took.minusSeconds(2), took);
  }

  @Test
  void shouldTakeALongerChangeForUsualAtOnceAndAShorterOneByHalf() {
    Past past = Past.unknown("small").took(Duration.ofSeconds(200));

    assertThat(past.took(Duration.ofMinutes(5)).took()).isEqualTo(Duration.ofMinutes(5));
    assertThat(past.took(Duration.ofSeconds(100)).took()).isEqualTo(Duration.ofSeconds(150));
  }

  @Test
  void shouldStayAndSayWhatLacksWhereThereIsNoRoomAndNoPermission() {
    World world = serving(4);

    assertThat(run(world, SMALL, POLICY, 60)).isEmpty();
    Step step = Rollout.next(world.state, world.seen(), SMALL, POLICY, world.now);

    assertThat(step.reason()).isEqualTo(Step.NO_ROOM);
    assertThat(step.why())
        .isEqualTo(
            "large keeps serving: the pool has room for 0 replicas of small (1 GPUs each) beside"
                + " it; add nodes, or set downgrade.breakBeforeMake");
    assertThat(world.serves()).isTrue();
  }

  @Test
  void shouldStayWhereASurgeIsNotPaidFor() {
    World world = serving(8);
    Goal unpaid = new Goal("small", 1, 0, "BudgetHeat");

    assertThat(run(world, unpaid, POLICY, 60)).isEmpty();
    assertThat(Rollout.next(world.state, world.seen(), unpaid, POLICY, world.now).why())
        .contains("0 replicas of small are paid for beside it");
  }

  @Test
  void shouldBreakBeforeItMakesWhereTheOwnerAllowedIt() {
    World world = serving(4);

    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      run(world, SMALL, POLICY.withBreakBeforeMake(true), 1).stream()
          .filter(p -> !phases.contains(p))
          .forEach(phases::add);
      assertThat(world.held()).isLessThanOrEqualTo(4);
    }

    assertThat(phases).startsWith(Phase.Prestage, Phase.Break, Phase.Start);
    assertThat(world.state.serving()).isEqualTo("small");
    assertThat(world.deployed()).containsExactly("small");
  }

  @Test
  void shouldMoveReplicaByReplicaWhereThePoolHasNoRoomForBoth() {
    Goal goal = new Goal("small", 3, Goal.ALL, "BudgetHeat");
    World world = larges(3, Map.of("large", 2, "small", 2), 8);
    for (int i = 0; i < 300; i++) {
      run(world, goal, POLICY, 1);
      assertThat(world.held()).isLessThanOrEqualTo(8);
      assertThat(world.serves()).isTrue();
    }

    assertThat(world.ready("small")).isEqualTo(3);
    assertThat(world.deployed()).containsExactly("small");
  }

  @Test
  void shouldShiftToAllReplicasThatArePaidForThoughFewerOldOnesRunBesideThem() {
    World world = larges(1, Map.of("large", 1, "small", 2), 16);

    until(world, new Goal("small", 3, 1, "Asked"), Phase.Shift);

    assertThat(world.ready("small")).isEqualTo(3);
    assertThat(world.ready("large")).isEqualTo(1);
  }

  @Test
  void shouldStartMoreReplicasOfTheNewVariantWhereMoreArePaidForMeanwhile() {
    World world = larges(1, Map.of("large", 1, "small", 2), 16);
    until(world, new Goal("small", 1, 1, "Asked"), Phase.Start);

    until(world, new Goal("small", 3, 1, "Asked"), Phase.Shift);

    assertThat(world.ready("small")).isEqualTo(3);
  }

  @Test
  void shouldLetOldReplicasGoThatNobodyNeedsBeforeTheNewOnesServe() {
    World world = larges(3, Map.of("large", 4, "small", 1), 16);
    Goal goal = new Goal("small", 2, 1, "BudgetHeat");

    until(world, goal, Phase.Warm);

    assertThat(world.ready("large")).isEqualTo(1);
    assertThat(world.serves()).isTrue();
    run(world, goal, POLICY, 200);
    assertThat(world.deployed()).containsExactly("small");
    assertThat(world.ready("small")).isEqualTo(2);
  }

  private static World larges(int count, Map<String, Integer> gpus, int capacity) {
    World world = new World(3, gpus, capacity);
    run(world, new Goal("large", count, Goal.ALL, "BestVariant"), POLICY, 30);
    assertThat(world.ready("large")).isEqualTo(count);
    return world;
  }

  private static void until(World world, Goal goal, Phase phase) {
    for (int i = 0; i < 300 && !phase(world, phase); i++) {
      run(world, goal, POLICY, 1);
    }
    assertThat(phase(world, phase)).isTrue();
  }

  @Test
  void shouldGoBackAndWaitLongerAfterEveryFailure() {
    World world = serving(8);
    Faults broken = new Faults(0, 0, 0, 100, 0, 0);
    List<Long> attempts = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      boolean steady = world.state.change() == null;
      world.reconcile(SMALL, POLICY, broken);
      if (steady && world.state.change() != null) {
        attempts.add(world.second());
      }
      assertThat(world.serves()).isTrue();
      world.tick(broken);
    }

    assertThat(attempts).hasSizeBetween(3, 6);
    for (int i = 2; i < attempts.size(); i++) {
      assertThat(attempts.get(i) - attempts.get(i - 1))
          .isGreaterThan(attempts.get(i - 1) - attempts.get(i - 2));
    }
    assertThat(world.state.serving()).isEqualTo("large");
    assertThat(Objects.requireNonNull(world.state.backOff()).reason()).isEqualTo("WarmUpFailed");
    assertThat(world.state.rollbacks()).isEqualTo(attempts.size());
  }

  @Test
  void shouldTurnRoundWhenTheDowngradeIsTakenBackOnTheWay() {
    World world = serving(8);
    for (int i = 0; i < 200 && !phase(world, Phase.Shift); i++) {
      run(world, SMALL, POLICY, 1);
    }
    assertThat(phase(world, Phase.Shift)).isTrue();

    for (int i = 0; i < 60; i++) {
      run(world, LARGE, POLICY, 1);
      assertThat(world.serves()).isTrue();
    }

    assertThat(world.state.serving()).isEqualTo("large");
    assertThat(world.deployed()).containsExactly("large");
    assertThat(world.state.rollbacks()).isEqualTo(1);
  }

  @Test
  void shouldFinishWhatRunsBeforeItSuspendsAndComeBack() {
    World world = serving(8);
    Goal none = new Goal("large", 0, 0, "Suspended");

    assertThat(run(world, none, POLICY, 60)).containsExactly(Phase.Suspend);
    assertThat(world.pods).isEmpty();
    assertThat(world.state.legs()).allMatch(leg -> leg.weight() == 0 && leg.replicas() == 0);

    run(world, LARGE, POLICY, 30);
    assertThat(world.serves()).isTrue();
  }

  @Test
  void shouldLetTheOldVariantFinishAtOnceWhereItIsNotPaidForAnyMoreBesideTheNewOne() {
    for (Phase phase : List.of(Phase.Warm, Phase.Canary, Phase.Shift)) {
      World world = serving(8);
      for (int i = 0; i < 200 && !phase(world, phase); i++) {
        run(world, SMALL, POLICY, 1);
      }
      assertThat(phase(world, phase)).isTrue();

      Goal alone = new Goal("small", 1, 0, "BudgetHeat");
      Step step = Rollout.next(world.state, world.seen(), alone, POLICY, world.now);

      assertThat(phase(step)).isEqualTo(Phase.Drain);
      assertThat(step.state().serving()).isEqualTo("small");
      run(world, alone, POLICY, 10 + (int) POLICY.drainLimit().toSeconds());
      assertThat(world.deployed()).containsExactly("small");
      assertThat(world.serves()).isTrue();
    }
  }

  @Test
  void shouldKeepTheOldVariantThatIsNotPaidForUntilTheNewOneCouldServe() {
    World world = serving(8);
    for (int i = 0; i < 200 && !phase(world, Phase.Start); i++) {
      run(world, SMALL, POLICY, 1);
    }
    assertThat(world.ready("small")).isZero();

    Goal alone = new Goal("small", 1, 0, "BudgetHeat");

    assertThat(phase(Rollout.next(world.state, world.seen(), alone, POLICY, world.now)))
        .isEqualTo(Phase.Start);
  }

  @Test
  void shouldGiveWhatDrainsAlreadyNoNewTimeWhereItSuspendsMeanwhile() {
    Goal none = new Goal("small", 0, 0, "Suspended");
    Instant suspended = NOW.plusSeconds(50);
    Instant limit = NOW.plus(POLICY.drainLimit());

    Step suspends = next(DRAINING, none, 7L, suspended, suspended);
    assertThat(phase(suspends)).isEqualTo(Phase.Suspend);
    Step before = next(suspends.state(), none, 7L, limit, limit.minusSeconds(1));
    assertThat(asked(before, "large")).isEqualTo(1);
    Step after = next(before.state(), none, 7L, limit, limit);
    assertThat(asked(after, "large")).isZero();
    assertThat(asked(after, "small")).isEqualTo(1);
    Instant end = suspended.plus(POLICY.drainLimit());
    assertThat(asked(next(after.state(), none, 7L, end, end), "small")).isZero();
  }

  private static int asked(Step step, String variant) {
    return step.state().leg(variant).orElseThrow().replicas();
  }

  @Test
  void shouldNotDrainOnACountThatIsOlderThanTheLastChangeOfWeights() {
    Instant now = NOW.plusSeconds(10);

    assertThat(next(DRAINING, 0L, NOW.plusSeconds(1), now).state().change())
        .isEqualTo(DRAINING.change());
    assertThat(next(DRAINING, 1L, NOW.plusSeconds(5), now).state().change())
        .isEqualTo(DRAINING.change());
    assertThat(next(DRAINING, null, null, now).state().change()).isEqualTo(DRAINING.change());
    assertThat(phase(next(DRAINING, 0L, NOW.plusSeconds(5), now))).isEqualTo(Phase.Release);
    Instant late = NOW.plus(POLICY.drainLimit());
    assertThat(phase(next(DRAINING, 1L, late, late))).isEqualTo(Phase.Release);
  }

  @Test
  void shouldLeaveAVariantAloneThatHasNotServedItsDwell() {
    RolloutPolicy slow =
        new RolloutPolicy(
            false,
            true,
            Duration.ofMinutes(10),
            5,
            POLICY.canaryTime(),
            POLICY.stepTime(),
            POLICY.settle(),
            POLICY.drainLimit(),
            POLICY.placeLimit(),
            POLICY.startLimit(),
            POLICY.firstBackOff(),
            POLICY.lastBackOff());
    World world = serving(8);
    run(world, SMALL, slow, 120);
    assertThat(world.state.serving()).isEqualTo("small");

    assertThat(run(world, LARGE, slow, 120)).isEmpty();
    assertThat(Rollout.next(world.state, world.seen(), LARGE, slow, world.now).reason())
        .isEqualTo(Step.DWELL);
    assertThat(run(world, LARGE, slow, 700)).contains(Phase.Shift);
    assertThat(world.state.serving()).isEqualTo("large");
  }

  private static boolean phase(World world, Phase phase) {
    return world.state.change() != null && world.state.change().phase() == phase;
  }

  private static Phase phase(Step step) {
    return Objects.requireNonNull(step.state().change()).phase();
  }

  private static Step next(
      RolloutState state, @Nullable Long inFlight, @Nullable Instant at, Instant now) {
    return next(state, SMALL, inFlight, at, now);
  }

  private static Step next(
      RolloutState state, Goal goal, @Nullable Long inFlight, @Nullable Instant at, Instant now) {
    TreeMap<String, VariantSeen> variants = new TreeMap<>();
    variants.put("large", new VariantSeen(4, true, 1, 0, List.of(ready("l", inFlight, at))));
    variants.put("small", new VariantSeen(1, true, 2, 0, List.of(ready("s", 3L, now))));
    return Rollout.next(state, new RolloutSeen(variants, Prestage.NONE), goal, POLICY, now);
  }

  private static ReplicaSeen ready(String uid, @Nullable Long inFlight, @Nullable Instant at) {
    return new ReplicaSeen(uid, ReplicaState.Ready, Warmth.Warm, inFlight, at, 5, 0, null);
  }
}
