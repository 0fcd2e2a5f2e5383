package dev.comptroller.decide.downgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RungsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Transition QUICK =
      new Transition(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30));
  private static final Option LARGE = option("large", "0.95", 2, "20", 2_000, null);
  private static final Option MEDIUM = option("medium", "0.90", 2, "10", 2_500, null);
  private static final Option SMALL = option("small", "0.80", 1, "6", 4_000, null);

  private static Option option(
      String name,
      String quality,
      int replicas,
      String each,
      int speed,
      @Nullable String obstacle) {
    return new Option(
        name,
        "h100",
        new BigDecimal(quality),
        replicas,
        HourlyRate.parse(each),
        TokensPerSecond.of(speed),
        obstacle);
  }

  private static RungPolicy policy(String active, Steadiness steadiness, Option... ladder) {
    return new RungPolicy(
        List.of(ladder),
        active,
        new BigDecimal("0.80"),
        true,
        false,
        1,
        steadiness,
        QUICK,
        Duration.ofHours(10));
  }

  private static String chosen(RungChoice choice) {
    return switch (choice) {
      case RungChoice.Serve(Option option, int replicas, _, _) -> option.variant() + "*" + replicas;
      case RungChoice.Unaffordable(_, _) -> "unaffordable";
      case RungChoice.Barred(_, _) -> "barred";
    };
  }

  @Test
  void shouldDropARungWhenTheAllowanceIsShortAndSayWhy() {
    RungChoice choice =
        Rungs.choose(
            policy("large", Steadiness.NONE, LARGE, MEDIUM, SMALL), HourlyRate.parse("25"), NOW);
    assertThat(chosen(choice)).isEqualTo("medium*2");
    assertThat(choice.explanation().binding()).isEqualTo("allowed $/hour");
    assertThat(choice.explanation().candidates().stream().map(Candidate::line))
        .containsExactly(
            "large on h100: 2 replicas, $40.00/h, CPM $2.78, quality 0.95: costs more than"
                + " $25.00/h",
            "medium on h100: 2 replicas, $20.00/h, CPM $1.11, quality 0.90: chosen",
            "small on h100: 1 replica, $6.00/h, CPM $0.42, quality 0.80: lower than medium");
    assertThat(choice.withoutBudget())
        .isEqualTo(
            "without the budget: large on h100 with 2 replicas for $40.00/h, quality 0.95:"
                + " $20.00/h more");
  }

  @Test
  void shouldClimbOnlyWithTheMarginFree() {
    Steadiness steady = new Steadiness(Duration.ofMinutes(5), null, 10);
    RungPolicy policy = policy("medium", steady, LARGE, MEDIUM, SMALL);
    assertThat(chosen(Rungs.choose(policy, HourlyRate.parse("44"), NOW))).isEqualTo("medium*2");
    assertThat(chosen(Rungs.choose(policy, HourlyRate.parse("45"), NOW))).isEqualTo("large*2");
    assertThat(
            Rungs.choose(policy, HourlyRate.parse("44"), NOW)
                .explanation()
                .candidates()
                .getFirst()
                .verdict())
        .isEqualTo("costs more than $39.60/h, 10 % under the $44.00/h allowed");
  }

  @Test
  void shouldKeepTheRungForItsDwellWithTheReplicasThatArePaidFor() {
    Steadiness steady = new Steadiness(Duration.ofMinutes(5), NOW.minusSeconds(60), 0);
    RungPolicy policy = policy("large", steady, LARGE, MEDIUM, SMALL);
    RungChoice choice = Rungs.choose(policy, HourlyRate.parse("25"), NOW);
    assertThat(chosen(choice)).isEqualTo("large*1");
    assertThat(choice.explanation().candidates().get(1).verdict())
        .isEqualTo("dwell: large serves for another 240 s");
    assertThat(chosen(Rungs.choose(policy, HourlyRate.parse("19"), NOW))).isEqualTo("unaffordable");
  }

  @Test
  void shouldLeaveARungThatTheOwnerNoLongerAcceptsWhateverTheDwell() {
    Steadiness steady = new Steadiness(Duration.ofMinutes(5), NOW, 0);
    Option poor = option("poor", "0.50", 1, "1", 100, null);
    assertThat(
            chosen(Rungs.choose(policy("poor", steady, LARGE, poor), HourlyRate.parse("99"), NOW)))
        .isEqualTo("large*2");
    assertThat(
            chosen(Rungs.choose(policy("poor", steady, LARGE, poor), HourlyRate.parse("1"), NOW)))
        .isEqualTo("unaffordable");
  }

  @Test
  void shouldNotStandInWithADearerRungUnlessAllowed() {
    Option full = option("large", "0.95", 2, "20", 2_000, "pool h100 has no room");
    Option dear = option("dear", "0.90", 3, "20", 1_500, null);
    RungPolicy strict = policy("large", Steadiness.NONE, full, dear);
    assertThat(chosen(Rungs.choose(strict, HourlyRate.parse("99"), NOW))).isEqualTo("barred");
    RungPolicy loose =
        new RungPolicy(
            strict.ladder(), null, null, true, true, 1, Steadiness.NONE, QUICK, strict.rest());
    RungChoice choice = Rungs.choose(loose, HourlyRate.parse("99"), NOW);
    assertThat(chosen(choice)).isEqualTo("dear*3");
    assertThat(choice.explanation().binding()).isEqualTo("pool h100 has no room");
  }

  @Test
  void shouldServeWithFewerReplicasWhereDowngradeIsNotAllowed() {
    RungPolicy policy =
        new RungPolicy(
            List.of(LARGE, MEDIUM),
            "large",
            null,
            false,
            false,
            1,
            Steadiness.NONE,
            QUICK,
            Duration.ofHours(1));
    RungChoice choice = Rungs.choose(policy, HourlyRate.parse("25"), NOW);
    assertThat(chosen(choice)).isEqualTo("large*1");
    assertThat(choice.explanation().summary())
        .isEqualTo(
            "large on h100: 1 replica, $20.00/h, CPM $2.78, quality 0.95: chosen; the demand needs"
                + " 2");
    assertThat(choice.explanation().candidates().getLast().verdict())
        .isEqualTo("downgrade.allowed is false");
  }

  @Test
  void shouldRefuseAChangeThatCostsWhatItSaves() {
    RungPolicy late =
        new RungPolicy(
            List.of(LARGE, MEDIUM),
            "large",
            null,
            true,
            false,
            1,
            Steadiness.NONE,
            QUICK,
            Duration.ofMinutes(4));
    RungChoice choice = Rungs.choose(late, HourlyRate.parse("25"), NOW);
    assertThat(chosen(choice)).isEqualTo("large*1");
    assertThat(choice.explanation().candidates().getLast().verdict())
        .isEqualTo(
            "transition: running $40.00/h and $20.00/h side by side for 120 s costs $0.666667"
                + " and saves $0.666666 in the 120 s after");
  }

  @Test
  void shouldRefuseALadderThatSaysNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> policy("large", Steadiness.NONE))
        .withMessage("variants is empty: give at least one");
  }

  private static List<Option> ladder(Random random) {
    List<Option> ladder = new ArrayList<>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      ladder.add(
          new Option(
              "v" + i,
              "p",
              BigDecimal.valueOf(random.nextInt(10)),
              random.nextInt(4),
              new HourlyRate(random.nextLong(30)),
              random.nextInt(4) == 0 ? null : TokensPerSecond.of(random.nextLong(50)),
              random.nextInt(4) == 0 ? "no room" : null));
    }
    return ladder;
  }

  private static RungPolicy policy(Random random) {
    List<Option> ladder = ladder(random);
    return new RungPolicy(
        ladder,
        random.nextInt(4) == 0 ? null : "v" + random.nextInt(ladder.size()),
        random.nextBoolean() ? null : BigDecimal.valueOf(random.nextInt(10)),
        random.nextInt(4) != 0,
        random.nextBoolean(),
        random.nextInt(3),
        new Steadiness(
            Duration.ofSeconds(random.nextInt(300)),
            random.nextBoolean() ? null : NOW.minusSeconds(random.nextInt(400)),
            random.nextInt(30)),
        QUICK,
        Duration.ofSeconds(random.nextInt(2_000)));
  }

  /// Whether a rung is admissible, spelled out anew and second by second.
  private static boolean admissible(RungPolicy policy, Option option, boolean dwells) {
    Option wanted = null;
    for (Option each : policy.ladder()) {
      boolean good =
          policy.qualityFloor() == null || each.quality().compareTo(policy.qualityFloor()) >= 0;
      if (wanted == null && good) {
        wanted = each;
      }
      if (each.equals(option) && !good) {
        return false;
      }
    }
    boolean first = option.equals(wanted);
    long cost = option.replicas() * option.perReplica().microsPerHour();
    long best = wanted == null ? 0 : wanted.replicas() * wanted.perReplica().microsPerHour();
    return option.obstacle() == null
        && (first || policy.downgradeAllowed())
        && (first || policy.pricierFallback() || dwells || cost <= best);
  }

  private static long dwell(RungPolicy policy) {
    return policy.steadiness().dwell().toSeconds();
  }

  private static boolean paysForItself(Option from, Option to, RungPolicy policy) {
    long staying = 0;
    long changing = 0;
    for (long second = 0; second < Math.max(120, policy.rest().toSeconds()); second++) {
      long old = from.replicas() * from.perReplica().microsPerHour();
      long fresh = to.replicas() * to.perReplica().microsPerHour();
      staying += old;
      changing += second < 120 ? old + fresh : fresh;
    }
    return changing < staying;
  }

  @Property(tries = 2_000)
  void shouldServeTheBestRungThatMayAndCanBePaid(@ForAll long seed) {
    Random random = new Random(seed);
    RungPolicy policy = policy(random);
    HourlyRate allowed = new HourlyRate(random.nextLong(100));
    RungChoice choice = Rungs.choose(policy, allowed, NOW);
    int active = -1;
    for (int i = 0; i < policy.ladder().size(); i++) {
      active = policy.ladder().get(i).variant().equals(policy.active()) ? i : active;
    }
    Instant last = policy.steadiness().lastChange();
    boolean dwelling = last != null && NOW.isBefore(last.plus(policy.steadiness().dwell()));
    boolean activeMay = active >= 0 && admissible(policy, policy.ladder().get(active), dwelling);
    String expected = null;
    BigDecimal most = null;
    boolean anyMay = false;
    for (int i = 0; i < policy.ladder().size(); i++) {
      Option option = policy.ladder().get(i);
      boolean change = activeMay && i != active;
      if (!admissible(policy, option, dwelling && i == active)
          || (change && dwelling)
          || (change && i < active && policy.rest().toSeconds() < 120 + dwell(policy))
          || (change
              && i > active
              && !paysForItself(policy.ladder().get(active), option, policy))) {
        continue;
      }
      anyMay = true;
      long margin = active >= 0 && i < active ? policy.steadiness().climbMargin() : 0;
      long hundredths = allowed.microsPerHour() * (100 - margin);
      int paid = 0;
      while (paid < option.replicas()
          && (paid + 1) * option.perReplica().microsPerHour() * 100 <= hundredths) {
        paid++;
      }
      boolean all = paid == option.replicas();
      // Whole numbers of 2520ths: every number of replicas here divides that.
      BigDecimal part = BigDecimal.valueOf(all ? 2520L : 2520L / option.replicas() * paid);
      BigDecimal kept = option.quality().multiply(part);
      boolean enough = all || paid >= Math.max(1, policy.minReplicas());
      if (enough && (most == null || kept.compareTo(most) > 0)) {
        most = kept;
        expected = option.variant() + "*" + paid;
      }
      if (all) {
        break;
      }
    }
    String otherwise = anyMay ? "unaffordable" : "barred";
    String result = expected != null ? expected : otherwise;
    assertThat(chosen(choice)).isEqualTo(result);
    assertThat(choice.explanation().candidates()).hasSameSizeAs(policy.ladder());
    assertThat(choice.explanation().binding()).isNotBlank();
  }

  @Property(tries = 1_000)
  void shouldNeverCostMoreThanAllowed(@ForAll long seed) {
    Random random = new Random(seed);
    RungPolicy policy = policy(random);
    HourlyRate allowed = new HourlyRate(random.nextLong(100));
    if (Rungs.choose(policy, allowed, NOW) instanceof RungChoice.Serve serve) {
      assertThat(serve.option().perReplica().times(serve.replicas())).isLessThanOrEqualTo(allowed);
      assertThat(
              policy.qualityFloor() == null
                  || serve.option().quality().compareTo(policy.qualityFloor()) >= 0)
          .isTrue();
    }
  }

  /// A square wave of the allowance, at every period: what changes keeps its dwell.
  @Test
  void shouldChangeRungsAtLeastADwellApartUnderASquareWave() {
    Duration dwell = Duration.ofMinutes(5);
    for (int half : new int[] {1, 3, 5, 7, 30, 720}) {
      String active = "large";
      Instant last = null;
      int changes = 0;
      for (int minute = 0; minute < half * 8; minute++) {
        Instant now = NOW.plusSeconds(60L * minute);
        HourlyRate allowed = HourlyRate.parse(minute / half % 2 == 0 ? "25" : "50");
        RungPolicy policy = policy(active, new Steadiness(dwell, last, 5), LARGE, MEDIUM, SMALL);
        if (Rungs.choose(policy, allowed, now) instanceof RungChoice.Serve serve
            && !serve.option().variant().equals(active)) {
          if (last != null) {
            assertThat(Duration.between(last, now)).isGreaterThanOrEqualTo(dwell);
          }
          active = serve.option().variant();
          last = now;
          changes++;
        }
      }
      assertThat(changes).isBetween(1, half >= 5 ? 8 : half * 8 / 5 + 1);
    }
  }
}
