package dev.comptroller.reconcile.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.share.Share;
import dev.comptroller.decide.share.Sharing;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.share.Wish;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class FleetSharesTest {
  private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
  private static final Duration SETTLE = Duration.ofMinutes(1);

  /// GPUs that pods of a deployment hold on the one node.
  private final Map<String, Integer> held = new HashMap<>();

  private final List<Sharing> shown = new ArrayList<>();
  private final List<String> woken = new ArrayList<>();
  private FleetShares shares = shares();

  private FleetShares shares() {
    FleetShares.Surroundings surroundings =
        new FleetShares.Surroundings() {
          @Override
          public Map<String, Integer> others(Predicate<String> wishing) {
            int sum =
                held.entrySet().stream()
                    .filter(entry -> !wishing.test(entry.getKey()))
                    .mapToInt(Map.Entry::getValue)
                    .sum();
            return sum == 0 ? Map.of() : Map.of("node", sum);
          }

          @Override
          public Optional<HourlyRate> allowance(String namespace) {
            return Optional.empty();
          }
        };
    FleetShares made = new FleetShares(surroundings, SETTLE, shown::add);
    made.onChange((namespace, name) -> woken.add(namespace + "/" + name));
    return made;
  }

  private SortedMap<String, Pool> pools(int gpus) {
    int used = held.values().stream().mapToInt(Integer::intValue).sum();
    return new TreeMap<>(
        Map.of(
            "h100",
            new Pool(
                "h100",
                "NVIDIA-H100",
                new PriceBook(
                    8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse("32")))),
                null,
                List.of(new Pool.Node("node", CapacityType.OnDemand, true, gpus, used)))));
  }

  private Wish wish(String name, int priority, int replicas) {
    Variant q4 = new Variant("q4", "h100", 1, BigDecimal.ONE, 0, "", 8, null, null, 70);
    int running = held.getOrDefault("team/" + name, 0);
    return new Wish(
        "team",
        name,
        priority,
        100,
        0,
        0,
        false,
        null,
        Duration.ofMinutes(3),
        Duration.ofMinutes(10),
        List.of(new Way(q4, replicas, HourlyRate.parse("4"), running)));
  }

  private Optional<Integer> share(Wish wish, int gpus, Instant now) {
    return shares.share(wish, pools(gpus), now).map(Share::replicas);
  }

  @Test
  void shouldWakeTheOneWhoseShareAnotherOneChanged() {
    held.put("team/search", 4);
    assertThat(share(wish("search", 0, 4), 8, NOW)).isEmpty();
    assertThat(share(wish("chat", 100, 6), 8, NOW)).contains(6);
    assertThat(woken).containsExactly("team/search");
    assertThat(share(wish("search", 0, 4), 8, NOW)).contains(2);
    assertThat(woken).as("nothing changed since").hasSize(1);
    assertThat(shown.getLast().hourly()).isEqualTo(HourlyRate.parse("32"));
  }

  @Test
  void shouldTakeNothingAfterARestartFromOneThatWasNotLookedAtYet() {
    held.put("team/search", 6);
    held.put("team/chat", 2);
    share(wish("search", 0, 6), 8, NOW);
    assertThat(share(wish("chat", 100, 8), 8, NOW)).contains(8);

    shares = shares();
    assertThat(share(wish("chat", 100, 8), 8, NOW)).as("search holds 6").isEmpty();
    assertThat(share(wish("more", 100, 1), 8, NOW)).as("2 GPUs for 9 wishes").contains(1);
    assertThat(share(wish("search", 0, 6), 8, NOW)).contains(0);
  }

  @Test
  void shouldGiveBackWhatOneThatIsGoneHeld() {
    held.put("team/search", 4);
    share(wish("search", 0, 4), 8, NOW);
    share(wish("chat", 100, 6), 8, NOW);
    woken.clear();
    shares.gone("team", "chat");
    assertThat(woken).containsExactly("team/search");
    assertThat(share(wish("search", 0, 4), 8, NOW.plus(SETTLE))).isEmpty();
  }

  @Test
  void shouldGiveBothWhatTheyWishForOnceThePoolGrows() {
    held.put("team/search", 4);
    share(wish("search", 0, 4), 8, NOW);
    share(wish("chat", 100, 6), 8, NOW);
    woken.clear();
    assertThat(share(wish("chat", 100, 6), 16, NOW.plus(SETTLE))).isEmpty();
    assertThat(woken).containsExactly("team/search");
    assertThat(share(wish("search", 0, 4), 16, NOW.plus(SETTLE))).isEmpty();
  }
}
