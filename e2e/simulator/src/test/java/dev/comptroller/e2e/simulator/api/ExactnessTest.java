package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.simulator.api.Exactness.Outcome;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import java.time.Duration;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/// Spend equals an independent computation from the lives of pods, to the micro-dollar.
///
/// `-Dcrash=full` runs a whole month in every way; otherwise days stand for it. Each failure names
/// its seed and the number of the write before it.
final class ExactnessTest {
  private static final Logger LOG = Logger.getLogger(ExactnessTest.class.getName());
  private static final boolean FULL = "full".equals(System.getProperty("crash"));
  private static final long SEED = Long.getLong("crash.seed", 1);

  @Test
  void shouldChargeAMonthToTheMicroDollarThoughTheOperatorIsKilledAtRandom() {
    Duration month = Duration.ofDays(31);
    Exactness world =
        new Exactness(
            SEED, Duration.ofMinutes(FULL ? 20 : 240), temper(FULL ? 5 : 600), (_, _) -> Fate.Done);
    world.kill(200, month);
    Outcome outcome = world.run(month, Duration.ofHours(6));
    LOG.info("killed at random: " + outcome);
    assertThat(outcome.pods()).isGreaterThan(50);
    assertThat(outcome.starts()).isGreaterThan(150);
    assertThat(outcome.lost()).isPositive();
    assertThat(outcome.unseen()).isPositive();
    assertThat(outcome.edits()).isPositive();
    assertThat(outcome.endings()).isPositive();
  }

  @Test
  void shouldChargeToTheMicroDollarThoughEveryWriteKillsTheOperator() {
    Exactness world =
        new Exactness(SEED + 1, Duration.ofMinutes(20), temper(FULL ? 5 : 60), new KillEachWrite());
    Outcome outcome = world.run(Duration.ofHours(FULL ? 31 * 24 : 3), Duration.ofHours(1));
    LOG.info("killed at every write: " + outcome);
    assertThat(outcome.starts()).isGreaterThan(outcome.writes() / 2);
    assertThat(outcome.pods()).isGreaterThan(2);
  }

  @Test
  void shouldChargeToTheMicroDollarThroughConflictsAndLostReplies() {
    Exactness world =
        new Exactness(
            SEED + 2,
            Duration.ofMinutes(20),
            temper(FULL ? 5 : 60),
            (n, _) ->
                switch (n % 3) {
                  case 0 -> Fate.Conflict;
                  case 1 -> Fate.LostReply;
                  default -> Fate.Done;
                });
    Outcome outcome = world.run(Duration.ofHours(FULL ? 31 * 24 : 18), Duration.ofHours(1));
    LOG.info("conflicts and lost replies: " + outcome);
    assertThat(outcome.pods()).isGreaterThan(10);
  }

  private static OperatorProcess.Temper temper(int minutes) {
    return new OperatorProcess.Temper(
        new Desk.Pace(Duration.ofMinutes(minutes), false), 1, 1, false);
  }
}
