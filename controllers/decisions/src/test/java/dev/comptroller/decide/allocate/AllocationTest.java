package dev.comptroller.decide.allocate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.units.HourlyRate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class AllocationTest {
  private static Claim claim(String name, int priority, int weight, String floor, String wanted) {
    return new Claim(name, priority, weight, HourlyRate.parse(floor), HourlyRate.parse(wanted));
  }

  @Test
  void shouldPayFloorsFirstThenByPriorityAndWeight() {
    List<Claim> claims =
        List.of(
            claim("batch", 10, 1, "2", "50"),
            claim("chat", 100, 2, "4", "20"),
            claim("search", 100, 1, "4", "20"));
    Allocation allocation = Allocation.of(HourlyRate.parse("25"), claims);
    assertThat(allocation.granted("batch")).isEqualTo(HourlyRate.parse("2"));
    assertThat(allocation.granted("chat")).isEqualTo(HourlyRate.parse("14"));
    assertThat(allocation.granted("search")).isEqualTo(HourlyRate.parse("9"));
    assertThat(allocation.left()).isEqualTo(HourlyRate.ZERO);
    assertThat(allocation.explain())
        .isEqualTo(
            "batch: $2.00/h of $50.00/h wanted (floor $2.00/h, priority 10, weight 1); "
                + "chat: $14.00/h of $20.00/h wanted (floor $4.00/h, priority 100, weight 2); "
                + "search: $9.00/h of $20.00/h wanted (floor $4.00/h, priority 100, weight 1)");
  }

  @Test
  void shouldGiveWhatSomebodyLeavesToTheOthers() {
    Allocation allocation =
        Allocation.of(
            HourlyRate.parse("30"),
            List.of(claim("a", 1, 1, "0", "3"), claim("b", 1, 1, "0", "40")));
    assertThat(allocation.granted("a")).isEqualTo(HourlyRate.parse("3"));
    assertThat(allocation.granted("b")).isEqualTo(HourlyRate.parse("27"));
    assertThat(allocation.granted("nobody")).isEqualTo(HourlyRate.ZERO);
  }

  @Test
  void shouldRefuseClaimsThatContradictThemselves() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> claim("a", 1, 1, "4", "3"))
        .withMessage("a wants $3.00/h, less than its floor of $4.00/h");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> claim("a", 1, 0, "4", "5"))
        .withMessageContaining("weight of a is 0, not 1 or more");
    Claim twice = claim("a", 1, 1, "1", "2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Allocation.of(HourlyRate.ZERO, List.of(twice, twice)))
        .withMessage("a claims twice");
  }

  @Provide
  Arbitrary<List<Claim>> claims() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(1, 7),
            Arbitraries.longs().between(0, 40),
            Arbitraries.longs().between(0, 60))
        .as(
            (priority, weight, floor, more) ->
                new Claim(
                    "", priority, weight, new HourlyRate(floor), new HourlyRate(floor + more)))
        .list()
        .ofMaxSize(6)
        .map(AllocationTest::named);
  }

  private static List<Claim> named(List<Claim> claims) {
    List<Claim> named = new ArrayList<>();
    for (Claim claim : claims) {
      named.add(
          new Claim(
              "d" + named.size(), claim.priority(), claim.weight(), claim.floor(), claim.wanted()));
    }
    return named;
  }

  /// Hands out micro-dollar after micro-dollar by the rule as it is told to users.
  private static SortedMap<String, Long> oracle(long allowance, List<Claim> claims) {
    SortedMap<String, Long> granted = new TreeMap<>();
    SortedMap<String, Long> inPhase = new TreeMap<>();
    claims.forEach(claim -> granted.put(claim.name(), 0L));
    long left = allowance;
    for (boolean floors : new boolean[] {true, false}) {
      for (int priority = 2; priority >= 0; priority--) {
        inPhase.clear();
        while (left > 0) {
          Claim next = null;
          for (Claim claim : claims) {
            long has = inPhase.getOrDefault(claim.name(), 0L);
            long floor = claim.floor().microsPerHour();
            long room = floors ? floor : claim.wanted().microsPerHour() - floor;
            if (claim.priority() != priority || has >= room) {
              continue;
            }
            if (next == null || average(claim, has) > average(next, inPhase)) {
              next = claim;
            }
          }
          if (next == null) {
            break;
          }
          inPhase.merge(next.name(), 1L, Long::sum);
          granted.merge(next.name(), 1L, Long::sum);
          left--;
        }
      }
    }
    return granted;
  }

  private static double average(Claim claim, SortedMap<String, Long> inPhase) {
    return average(claim, inPhase.getOrDefault(claim.name(), 0L));
  }

  private static double average(Claim claim, long has) {
    return (double) claim.weight() / (has + 1);
  }

  @Property
  void shouldEqualHandingOutOneByOne(
      @ForAll("claims") List<Claim> claims, @ForAll @LongRange(min = 0, max = 400) long allowance) {
    Allocation allocation = Allocation.of(new HourlyRate(allowance), claims);
    SortedMap<String, Long> expected = oracle(allowance, claims);
    expected.forEach(
        (name, rate) -> assertThat(allocation.granted(name).microsPerHour()).isEqualTo(rate));
    long wanted = claims.stream().mapToLong(claim -> claim.wanted().microsPerHour()).sum();
    long granted = expected.values().stream().mapToLong(Long::longValue).sum();
    assertThat(granted).isEqualTo(Math.min(allowance, wanted));
    assertThat(allocation.left().microsPerHour()).isEqualTo(allowance - granted);
  }

  @Property
  void shouldServeNobodyBeforeFloorsOfHigherPriority(
      @ForAll("claims") List<Claim> claims, @ForAll @LongRange(min = 0, max = 400) long allowance) {
    List<Share> shares =
        List.copyOf(Allocation.of(new HourlyRate(allowance), claims).shares().values());
    for (Share served : shares) {
      boolean beyondFloor = served.granted().compareTo(served.claim().floor()) > 0;
      for (Share other : shares) {
        boolean higher = other.claim().priority() > served.claim().priority();
        if (beyondFloor) {
          assertThat(other.coversFloor()).isTrue();
          assertThat(!higher || other.isFull()).isTrue();
        }
        if (higher && served.granted().microsPerHour() > 0) {
          assertThat(other.coversFloor()).isTrue();
        }
      }
    }
  }

  @Property
  void shouldGiveNobodyLessWhenThereIsMore(
      @ForAll("claims") List<Claim> claims,
      @ForAll @LongRange(min = 0, max = 400) long allowance,
      @ForAll @LongRange(min = 0, max = 5) long more) {
    Allocation before = Allocation.of(new HourlyRate(allowance), claims);
    Allocation after = Allocation.of(new HourlyRate(allowance + more), claims);
    for (Claim claim : claims) {
      assertThat(after.granted(claim.name())).isGreaterThanOrEqualTo(before.granted(claim.name()));
    }
  }

  @Property
  void shouldNotDependOnTheOrderOfClaims(
      @ForAll("claims") List<Claim> claims,
      @ForAll @LongRange(min = 0) long allowance,
      @ForAll long seed) {
    List<Claim> shuffled = new ArrayList<>(claims);
    Collections.shuffle(shuffled, new Random(seed));
    assertThat(Allocation.of(new HourlyRate(allowance), shuffled))
        .isEqualTo(Allocation.of(new HourlyRate(allowance), claims));
  }

  @Property
  void shouldCountInFullAtAnySize(
      @ForAll @LongRange(min = 0) long allowance,
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE / 4) long wanted) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      claims.add(new Claim("d" + i, 1, i + 1, HourlyRate.ZERO, new HourlyRate(wanted)));
    }
    Allocation allocation = Allocation.of(new HourlyRate(allowance), claims);
    assertThat(allocation.left().microsPerHour()).isEqualTo(Math.max(0, allowance - 3 * wanted));
  }
}
