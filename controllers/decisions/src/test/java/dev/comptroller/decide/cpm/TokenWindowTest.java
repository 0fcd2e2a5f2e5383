package dev.comptroller.decide.cpm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TokenWindowTest {
  private static final Instant T = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant LONG_AGO = T.minus(Duration.ofDays(2));
  private static final Tokens NONE = Tokens.ZERO;

  private final TokenWindow window = new TokenWindow(Duration.ofHours(1));

  private void see(int second, String pod, Instant startedAt, long prompt, long generation) {
    window.add(new TokenSample(T.plusSeconds(second), pod, startedAt, prompt, generation));
  }

  private WindowTokens at(int second) {
    return window.tokens(T.plusSeconds(second), NONE).orElseThrow();
  }

  @Test
  void shouldCoverExactlyFromTheFirstStartWhileTheWindowIsNotFull() {
    TokenWindow hour = new TokenWindow(Duration.ofHours(1));
    Instant start = T.plusSeconds(7);
    Instant sampled = T.plusMillis(100_250);
    hour.add(new TokenSample(sampled, "pod", start, 300, 100));

    WindowTokens tokens = hour.tokens(T.plusSeconds(110), new Tokens(0)).orElseThrow();

    assertThat(tokens.covered().start()).isEqualTo(start);
    assertThat(tokens.covered().end()).isEqualTo(sampled);
    assertThat(tokens.total()).isEqualTo(new Tokens(400));
  }

  @Test
  void shouldCountGrowthSinceTheFirstSampleOfAnOldPod() {
    see(0, "a", LONG_AGO, 1_000_000, 500_000);
    see(60, "a", LONG_AGO, 1_000_300, 500_100);
    WindowTokens tokens = at(60);
    assertThat(tokens.prompt()).isEqualTo(new Tokens(300));
    assertThat(tokens.generation()).isEqualTo(new Tokens(100));
    assertThat(tokens.covered().start()).isEqualTo(T);
    assertThat(tokens.speed()).isEqualTo(TokensPerSecond.parse("6.667"));
  }

  @Test
  void shouldCountAPodFromZeroWhenItStartedWithinTheWindow() {
    see(600, "a", T, 6_000, 0);
    assertThat(at(600).prompt()).isEqualTo(new Tokens(6_000));
    assertThat(at(600).covered().start()).isEqualTo(T);
  }

  @Test
  void shouldCountFromZeroAfterACounterWasReset() {
    see(0, "a", T, 0, 0);
    see(100, "a", T, 900, 90);
    see(200, "a", T, 50, 5);
    assertThat(at(200).total()).isEqualTo(new Tokens(900 + 90 + 50 + 5));
  }

  @Test
  void shouldSeeARestartEvenIfTheNewCounterIsHigher() {
    see(0, "a", T, 0, 0);
    see(100, "a", T, 900, 0);
    see(300, "a", T.plusSeconds(150), 1_000, 0);
    assertThat(at(300).prompt()).isEqualTo(new Tokens(1_900));
  }

  @Test
  void shouldKeepTokensOfPodsThatGoAndTheCountersOfPodsThatComeBack() {
    see(0, "a", T, 0, 0);
    see(10, "a", T, 100, 0);
    see(0, "b", T, 0, 0);
    see(600, "a", T, 400, 0);
    assertThat(at(600).prompt()).isEqualTo(new Tokens(400));
  }

  @Test
  void shouldCoverOnlyTheTimeSinceWhichAllPodsAreKnown() {
    see(600, "new", T, 6_000, 0);
    see(600, "old", LONG_AGO, 1_000_000, 0);
    see(700, "new", T, 7_000, 0);
    see(700, "old", LONG_AGO, 1_000_500, 0);
    WindowTokens tokens = at(700);
    assertThat(tokens.covered().start()).isEqualTo(T.plusSeconds(600));
    assertThat(tokens.prompt()).isEqualTo(new Tokens(1_500));
  }

  @Test
  void shouldForgetWhatLeftTheWindow() {
    see(0, "a", T, 0, 0);
    for (int minute = 1; minute <= 180; minute++) {
      see(60 * minute, "a", T, 600L * minute, 0);
    }
    WindowTokens tokens = at(180 * 60);
    assertThat(tokens.prompt()).isEqualTo(new Tokens(600 * 60));
    assertThat(tokens.covered().length()).isEqualTo(Duration.ofHours(1));
    assertThat(window.tokens(T.plus(Duration.ofHours(5)), NONE)).isEmpty();
    assertThat(window.size()).isZero();
  }

  @Test
  void shouldSayNothingBelowTheMinimum() {
    see(0, "a", T, 0, 0);
    see(60, "a", T, 99, 0);
    assertThat(window.tokens(T.plusSeconds(60), new Tokens(100))).isEmpty();
    assertThat(window.tokens(T.plusSeconds(60), new Tokens(99))).isPresent();
    assertThat(new TokenWindow(Duration.ofHours(1)).tokens(T, NONE)).isEmpty();
  }

  @Test
  void shouldPriceAMillionTokensWithIdleTimeIncluded() {
    see(0, "a", T, 0, 0);
    see(1_000, "a", T, 2_000_000, 500_000);
    assertThat(at(1_000).fullCpm(Money.parse("5")).orElseThrow()).hasToString("2.00");
  }

  @Property(tries = 200)
  void shouldLoseNoTokenWhateverPodsDo(@ForAll long seed) {
    Random random = new Random(seed);
    TokenWindow hour = new TokenWindow(Duration.ofHours(1));
    List<Long> counters = new ArrayList<>();
    List<Instant> starts = new ArrayList<>();
    List<Integer> names = new ArrayList<>();
    long served = 0;
    hour.add(new TokenSample(T, "first", T, 0, 0));
    for (int second = 5; second < 3_600; second += 1 + random.nextInt(20)) {
      Instant now = T.plusSeconds(second);
      if (counters.isEmpty() || random.nextInt(10) == 0) {
        counters.add(0L);
        starts.add(now.minusSeconds(random.nextInt(5)));
        names.add(second);
      }
      int pod = random.nextInt(counters.size());
      if (random.nextInt(15) == 0) {
        counters.set(pod, 0L);
        starts.set(pod, now.minusMillis(1));
      }
      long more = random.nextInt(10_000);
      served += more;
      counters.set(pod, counters.get(pod) + more);
      hour.add(new TokenSample(now, "pod" + names.get(pod), starts.get(pod), counters.get(pod), 0));
    }
    assertThat(hour.tokens(T.plusSeconds(3_600), NONE).orElseThrow().prompt())
        .isEqualTo(new Tokens(served));
    assertThat(hour.size()).isLessThanOrEqualTo(361 + names.size() + 1);
  }
}
