package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Speed;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A deployment with a ladder of three rungs on one pool, and the terms of its budget.
public final class Fleets {
  /// The namespace.
  public static final String NAMESPACE = "team";

  /// The deployment.
  public static final String DEPLOYMENT = "chat";

  /// The pool.
  public static final String POOL = "h100";

  /// GPUs of a node.
  public static final int PER_NODE = 8;

  /// Tokens of a request.
  public static final Speed.Mix MIX = new Speed.Mix(800, 200);

  /// What may wait for a replica.
  public static final Service.Queue QUEUE = new Service.Queue(64, null);

  private Fleets() {}

  /// A rung.
  ///
  /// @param name its name
  /// @param gpus GPUs of a replica
  /// @param quality the owner's figure
  /// @param tokensPerSecond tokens a second of a replica
  public record RungSpec(String name, int gpus, int quality, long tokensPerSecond) {}

  /// Large, medium and small: each rung is cheaper a token and answers worse.
  public static final List<RungSpec> LADDER =
      List.of(
          new RungSpec("large", 4, 90, 2_800),
          new RungSpec("medium", 2, 75, 2_400),
          new RungSpec("small", 1, 60, 2_400));

  /// The usual ladder of heat: warn, queue, cap, downgrade twice; suspended at the limit only.
  public static final HeatLadder HEAT =
      new HeatLadder(
          List.of(
              step(80, HeatAction.Warn, 0),
              step(95, HeatAction.QueueBatch, 0),
              step(105, HeatAction.Downgrade, 0),
              step(120, HeatAction.Downgrade, 0)));

  /// A step that looks at the forecast.
  public static HeatStep step(int at, HeatAction action, long limit) {
    return new HeatStep(at, HeatSource.Forecast, action, limit, HeatStep.DEFAULT_DWELL, at - 10);
  }

  /// The time that leaving takes under these circumstances, at most.
  public static Leaving leaving(Faults faults, Controls controls, RolloutPolicy rollout) {
    long look = controls.interval() + controls.staleSeconds() + controls.restart() + 10;
    Duration drain = rollout.drainLimit().plus(rollout.settle()).plusSeconds(faults.drain() + 10);
    return new Leaving(Duration.ofSeconds(look), drain, Duration.ofSeconds(faults.teardown() + 5));
  }

  /// How variants change in the simulator: short drains, so that hours hold several changes.
  public static RolloutPolicy rollout() {
    RolloutPolicy usual = RolloutPolicy.DEFAULT;
    return new RolloutPolicy(
        usual.breakBeforeMake(),
        usual.prestage(),
        Duration.ZERO,
        usual.canaryPercent(),
        usual.canaryTime(),
        usual.stepTime(),
        usual.settle(),
        Duration.ofSeconds(60),
        usual.placeLimit(),
        usual.startLimit(),
        usual.firstBackOff(),
        usual.lastBackOff());
  }

  /// Half a minute, of which all times of the scenarios are multiples.
  private static final long SLOT = 30;

  /// Seconds that streams take to end once nothing new comes.
  private static final long STREAMS = 30;

  /// What foresight is held to: how long starts, ends and changes take where nothing fails. How
  /// long a pod drains and is torn down is chance, which nobody chooses: its mean. The dwell is a
  /// slot shorter than declared, because changes do not all take equally long.
  public static Foresight.Physics physics(Faults faults) {
    long leave = (1 + faults.drain() + 1 + faults.teardown()) / 2;
    return new Foresight.Physics(
        SLOT,
        faults.start(),
        leave,
        STREAMS + leave,
        DeploymentPolicy.DEFAULT_DWELL.toSeconds() - SLOT);
  }

  /// The policy of the namespace.
  public static NamespacePolicy policy(
      List<RungSpec> ladder,
      Money amount,
      Period period,
      HeatLadder heat,
      Scaling scaling,
      Leaving leaving,
      Faults faults) {
    List<Variant> variants = new ArrayList<>();
    for (RungSpec rung : ladder) {
      variants.add(
          new Variant(
              rung.name(),
              POOL,
              rung.gpus(),
              BigDecimal.valueOf(rung.quality()),
              0,
              "",
              64,
              TokensPerSecond.of(rung.tokensPerSecond()),
              null,
              100));
    }
    Policy policy =
        new Policy(
            NAMESPACE,
            DEPLOYMENT,
            variants,
            variants.getLast().name(),
            scaling.minReplicas(),
            scaling,
            null);
    DeploymentPolicy deployment =
        new DeploymentPolicy(
            policy,
            100,
            100,
            true,
            false,
            true,
            false,
            new Transition(
                Duration.ofSeconds(faults.start()), Duration.ofSeconds(30), leaving.drain()),
            DeploymentPolicy.DEFAULT_DWELL);
    return new NamespacePolicy(
        NAMESPACE,
        "team",
        amount,
        Calendar.of(period, "UTC"),
        true,
        false,
        heat,
        List.of(),
        List.of(deployment),
        leaving,
        NamespacePolicy.DEFAULT_STALE,
        NamespacePolicy.DEFAULT_CLIMB_MARGIN);
  }

  /// The deployment as its clients see it.
  public static Service service(List<RungSpec> ladder, Demand demand) {
    List<Service.Rung> rungs = new ArrayList<>();
    for (RungSpec rung : ladder) {
      Speed speed = Speed.calibrated((double) rung.tokensPerSecond(), 64, MIX);
      rungs.add(new Service.Rung(rung.name(), rung.quality(), speed, QUEUE));
    }
    return new Service(NAMESPACE, DEPLOYMENT, rungs, demand, new Service.Limits(5, 0.5, 86_400));
  }
}
