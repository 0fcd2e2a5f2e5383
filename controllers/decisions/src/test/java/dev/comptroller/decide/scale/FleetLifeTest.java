package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.share.FleetSeen;
import dev.comptroller.decide.share.Share;
import dev.comptroller.decide.share.Sharing;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.share.Wish;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/// Two deployments on one pool of 32 GPUs, each with its own changing demand, look by look.
class FleetLifeTest {
  private static final Duration LOOK = Duration.ofSeconds(15);
  private static final Duration SETTLE = ScalePolicy.Pace.DEFAULT.settle();
  private static final Duration DWELL = ScalePolicy.Pace.DEFAULT.dwell();
  private static final int GPUS = 32;

  /// A deployment as it lives.
  private static final class Life {
    final String name;
    final int priority;
    final ScalePolicy policy;
    final List<Double> minutes = new ArrayList<>();
    ScaleState state = ScaleState.NEW;
    double rate;
    @Nullable String variant;
    int replicas;
    @Nullable Instant cut;
    @Nullable Instant changed;

    Life(String name, int priority, int max) {
      this.name = name;
      this.priority = priority;
      Policy declared = Deployments.policy(0, max).deployment();
      policy =
          Deployments.policy(
              new Policy("team", name, declared.ladder(), null, 0, new Scaling(0, max), null),
              List.of(),
              Duration.ofMinutes(10),
              false,
              true);
    }

    int gpus() {
      return replicas * ("large".equals(variant) ? 8 : 2);
    }

    List<RungSeen> rungs(int free) {
      int large = "large".equals(variant) ? replicas : 0;
      int small = "small".equals(variant) ? replicas : 0;
      return List.of(
          Deployments.rung("large", "19", 2_800, large, free / 8),
          Deployments.rung("small", "4.75", 5_600, small, free / 2));
    }

    DemandSeen demand(Instant now) {
      return new DemandSeen(
          rate, minutes, now, WeekProfile.UNKNOWN, 0, 0, List.of(), rate > 0 ? now : null);
    }

    Wish wish(Instant now) {
      List<Way> ways =
          Autoscaler.next(new ScaleSeen(demand(now), rungs(GPUS - gpus())), policy, state, now)
              .ways();
      Instant chosen = state.chosen();
      boolean dwells = chosen != null && now.isBefore(chosen.plus(DWELL));
      return new Wish(
          "team",
          name,
          priority,
          100,
          0,
          0,
          true,
          dwells ? state.variant() : null,
          Deployments.START,
          DWELL,
          ways);
    }
  }

  @Property(tries = 25)
  void shouldNeitherTakeMoreThanThereIsNorGoBackAndForth(@ForAll long seed) {
    Random random = new Random(seed);
    Life one = new Life("one", random.nextInt(2) * 100, 12);
    Life two = new Life("two", 50, 12);
    List<Life> lives = List.of(one, two);
    Sharing sharing = Sharing.NONE;
    for (int look = 0; look < 600; look++) {
      Instant now = Deployments.NOW.plus(LOOK.multipliedBy(look));
      for (Life life : lives) {
        if (look % 4 == 0) {
          life.rate = random.nextInt(12) == 0 ? random.nextInt(9) * 2_500 : life.rate;
          life.minutes.add(life.rate);
          life.minutes.subList(0, Math.max(0, life.minutes.size() - 180)).clear();
        }
      }
      sharing = Sharing.next(sharing, seen(lives, now), SETTLE, now);
      // What is taken leaves before what is given comes.
      for (boolean grows : new boolean[] {false, true}) {
        for (Life life : lives) {
          act(life, sharing.of("team/" + life.name), GPUS - one.gpus() - two.gpus(), grows, now);
        }
      }
      assertThat(one.gpus() + two.gpus())
          .as("at %s: %s", now, sharing.shares())
          .isLessThanOrEqualTo(GPUS);
      Life important = one.priority > two.priority ? one : two;
      sharing
          .of("team/" + important.name)
          .ifPresent(
              share -> assertThat(share.lessens()).as("%s", share).isEqualTo(isTooMuch(share)));
    }
  }

  /// Whether the pool cannot serve a wish whoever else is there, or another rung dwells.
  private static boolean isTooMuch(Share share) {
    return !share.variant().equals(share.wished())
        || share.wishedReplicas() * ("large".equals(share.wished()) ? 8 : 2) > GPUS;
  }

  private static void act(Life life, Optional<Share> share, int free, boolean grows, Instant now) {
    ScaleSeen alone = new ScaleSeen(life.demand(now), life.rungs(free));
    ScaleDecision next =
        Autoscaler.next(share.map(alone::within).orElse(alone), life.policy, life.state, now);
    boolean same = next.variant() != null && next.variant().equals(life.variant);
    int gpus = next.replicas() * ("large".equals(next.variant()) ? 8 : 2);
    if ((gpus > life.gpus()) != grows) {
      return;
    }
    if (!same && life.variant != null) {
      Instant changed = life.changed;
      if (changed != null) {
        assertThat(Duration.between(changed, now))
            .as("%s changes %s to %s", life.name, life.variant, next.variant())
            .isGreaterThanOrEqualTo(DWELL);
      }
      life.changed = now;
    }
    Instant cut = life.cut;
    if (same && next.replicas() > life.replicas && cut != null) {
      assertThat(Duration.between(cut, now))
          .as("%s grows from %d to %d", life.name, life.replicas, next.replicas())
          .isGreaterThanOrEqualTo(SETTLE);
    }
    if (same && next.replicas() < life.replicas && next.reason() == Reason.Shared) {
      life.cut = now;
    }
    life.variant = next.variant();
    life.replicas = next.replicas();
    life.state = next.state();
  }

  private static FleetSeen seen(List<Life> lives, Instant now) {
    Map<String, Wish> wishes = new TreeMap<>();
    int used = 0;
    for (Life life : lives) {
      Wish wish = life.wish(now);
      wishes.put(wish.key(), wish);
      used += life.gpus();
    }
    PriceBook prices =
        new PriceBook(8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse("19"))));
    List<Pool.Node> nodes = new ArrayList<>();
    for (int i = 0; i < GPUS / 8; i++) {
      int on = Math.min(8, used);
      used -= on;
      nodes.add(new Pool.Node("n" + i, CapacityType.OnDemand, true, 8, on));
    }
    return FleetSeen.of(
        wishes,
        Map.of("h100", new Pool("h100", "NVIDIA-H100", prices, null, nodes)),
        Map.of(),
        Map.of());
  }
}
