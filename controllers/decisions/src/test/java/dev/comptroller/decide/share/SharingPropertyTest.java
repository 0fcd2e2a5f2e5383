package dev.comptroller.decide.share;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.share.Wished.Making;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/// Fleets made by chance.
class SharingPropertyTest {
  private static FleetSeen fleet(Random random) {
    List<Pool> pools = new ArrayList<>();
    int count = 1 + random.nextInt(3);
    Map<String, Integer> others = new TreeMap<>();
    for (int p = 0; p < count; p++) {
      int[] used = new int[1 + random.nextInt(2)];
      Arrays.fill(used, random.nextInt(9));
      pools.add(Wished.pool("p" + p, 8, random.nextInt(2), used));
      if (random.nextInt(3) == 0) {
        others.put("p" + p + "-0", Math.min(used[0], random.nextInt(4)));
      }
    }
    List<Wish> wishes = new ArrayList<>();
    for (int d = 2 + random.nextInt(4); d > 0; d--) {
      List<Way> ways = new ArrayList<>();
      for (int v = 0; v <= random.nextInt(3); v++) {
        ways.add(
            Wished.way(
                "v" + v,
                "p" + random.nextInt(count),
                1 << random.nextInt(3),
                List.of("0.9", "0.9", "0.7").get(v),
                1 + random.nextInt(6),
                random.nextInt(4) == 0 ? random.nextInt(3) : 0));
      }
      Making builder = new Making("team-%d/d%d".formatted(d % 2, d), random.nextInt(3) * 50);
      builder.weight(1 + random.nextInt(3)).fewest(random.nextInt(2));
      if (random.nextInt(4) == 0) {
        builder.breaks();
      }
      wishes.add(builder.of(ways.toArray(Way[]::new)));
    }
    FleetSeen seen = Wished.seen(pools, wishes.toArray(Wish[]::new));
    return FleetSeen.of(seen.wishes(), seen.pools(), others, Map.of());
  }

  @Property(tries = 400)
  void shouldGiveNobodyMoreThanItWishesForNorMoreThanThereIs(@ForAll long seed) {
    FleetSeen seen = fleet(new Random(seed));
    Sharing sharing = Wished.share(seen);
    assertThat(Wished.share(seen).shares()).as("the same again").isEqualTo(sharing.shares());
    sharing
        .shares()
        .forEach(
            (key, share) -> {
              Wish wish = Objects.requireNonNull(seen.wishes().get(key));
              assertThat(share.replicas())
                  .isLessThanOrEqualTo(wish.way(share.variant()).map(Way::replicas).orElse(0));
              assertThat(share.why()).containsPattern("[0-9]+ GPUs").contains("gap ");
            });
    boolean allFit = seen.pools().keySet().stream().allMatch(pool -> fits(seen, pool, null));
    if (allFit) {
      assertThat(sharing.shares()).isEmpty();
    }
    for (String pool : seen.pools().keySet()) {
      boolean shared =
          seen.wishes().values().stream()
              .filter(wish -> wish.first().variant().pool().equals(pool))
              .anyMatch(wish -> sharing.shares().containsKey(wish.key()));
      if (shared) {
        assertThat(fits(seen, pool, sharing))
            .as("%s in %s of %s", pool, sharing.shares(), seen)
            .isTrue();
      }
    }
  }

  /// Whether all replicas that may run in a pool can be placed, largest first.
  private static boolean fits(FleetSeen seen, String name, @Nullable Sharing sharing) {
    Pool pool = Objects.requireNonNull(seen.pools().get(name));
    List<Integer> free = new ArrayList<>();
    for (Pool.Node node : pool.nodes()) {
      free.add(node.gpus() - seen.others().getOrDefault(node.name(), 0));
    }
    for (int i = 0; i < pool.growth(); i++) {
      free.add(8);
    }
    List<Integer> sizes = new ArrayList<>();
    for (Wish wish : seen.wishes().values()) {
      Way way = wish.first();
      int replicas = way.replicas();
      Share share = sharing == null ? null : sharing.shares().get(wish.key());
      if (share != null) {
        way = wish.way(share.variant()).orElseThrow();
        replicas = share.replicas();
      }
      for (int i = 0; i < replicas && way.variant().pool().equals(name); i++) {
        sizes.add(way.variant().gpus());
      }
    }
    sizes.sort(Comparator.reverseOrder());
    for (int size : sizes) {
      Integer best =
          free.stream().filter(each -> each >= size).min(Comparator.naturalOrder()).orElse(null);
      if (best == null) {
        return false;
      }
      free.remove(best);
      free.add(best - size);
    }
    return true;
  }

  @Property(tries = 200)
  void shouldServeByPriorityWhereEachHasOneRungOfOneGpu(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 6) int count) {
    Random random = new Random(seed);
    List<Wish> wishes = new ArrayList<>();
    for (int d = 0; d < count; d++) {
      wishes.add(
          Wished.wish("team/d" + d, (d * 7 + 3) % count, Wished.q4(1 + random.nextInt(8), 0)));
    }
    Sharing sharing =
        Wished.share(
            Wished.seen(List.of(Wished.pool("h100", 8, 0, 0, 0)), wishes.toArray(Wish[]::new)));
    wishes.sort(Comparator.comparingInt((Wish wish) -> -wish.priority()));
    int left = 16;
    int wanted = wishes.stream().mapToInt(wish -> wish.first().replicas()).sum();
    for (Wish wish : wishes) {
      int expected = Math.min(left, wish.first().replicas());
      assertThat(sharing.of(wish.key()).map(Share::replicas).orElse(wish.first().replicas()))
          .as("%s of %d wanted: %s", wish.key(), wanted, sharing.shares())
          .isEqualTo(expected);
      left -= expected;
    }
  }
}
