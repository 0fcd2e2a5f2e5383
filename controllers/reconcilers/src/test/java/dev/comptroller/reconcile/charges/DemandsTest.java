package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DemandsTest {
  private static final Instant START = Instant.parse("2026-01-05T10:00:00Z");

  private final Demands demands = new Demands();
  private Instant now = START;
  private long served;
  private long refused;
  private long tokens;

  private String page() {
    String of = "namespace=\"team\",deployment=\"chat\",";
    return """
        # TYPE comptroller_gateway_requests_total counter
        comptroller_gateway_requests_total{%scode="200",} %d.0
        comptroller_gateway_requests_total{%scode="503",} %d.0
        comptroller_gateway_requests_total{%scode="400",} 9000.0
        comptroller_gateway_tokens_total{%svariant="large",class="input",} %d.0
        comptroller_gateway_tokens_total{%svariant="large",class="output",} %d.0
        """
        .formatted(of, served, of, refused, of, of, tokens - tokens / 4, of, tokens / 4);
  }

  /// For this long, requests of 500 tokens each are served and turned away at these rates.
  private void traffic(Duration time, int servedPerSecond, int refusedPerSecond) {
    Instant end = now.plus(time);
    while (now.isBefore(end)) {
      now = now.plusSeconds(5);
      served += 5L * servedPerSecond;
      tokens += 5L * servedPerSecond * 500;
      refused += 5L * refusedPerSecond;
      demands.add("gateway", now, page(), false);
    }
  }

  @Test
  void shouldSayNothingUntilTheWholeWindowWasObserved() {
    traffic(Duration.ofMinutes(9), 4, 0);
    assertThat(demands.of("team", "chat", now)).isEmpty();
    traffic(Duration.ofMinutes(2), 4, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(2_000));
    assertThat(demands.all(now)).containsOnly(Map.entry("team/chat", TokensPerSecond.of(2_000)));
    assertThat(demands.of("team", "other", now)).isEmpty();
    assertThat(demands.of("other", "chat", now)).isEmpty();
  }

  @Test
  void shouldCountRequestsThatWereTurnedAwayAsLongAsServedOnes() {
    traffic(Duration.ofMinutes(12), 4, 2);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(3_000));
  }

  @Test
  void shouldRiseAtOnceAndFallOnlyAfterTheWindow() {
    traffic(Duration.ofMinutes(12), 2, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(1_000));
    traffic(Duration.ofMinutes(2), 8, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(4_000));
    traffic(Duration.ofMinutes(8), 1, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(4_000));
    traffic(Duration.ofMinutes(4), 1, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(500));
  }

  @Test
  void shouldBeSilentOnStaleFiguresAndBeginAnewAfterAGap() {
    traffic(Duration.ofMinutes(12), 2, 0);
    assertThat(demands.of("team", "chat", now.plus(Demands.STALE).plusSeconds(1))).isEmpty();
    now = now.plus(Duration.ofMinutes(3));
    traffic(Duration.ofMinutes(5), 2, 0);
    assertThat(demands.of("team", "chat", now)).isEmpty();
    traffic(Duration.ofMinutes(6), 2, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(1_000));
  }

  @Test
  void shouldBeSilentWhileASecondGatewayCannotBeReadAndAddItsShareOnceItCan() {
    traffic(Duration.ofMinutes(12), 2, 0);
    demands.add("second", now.minus(Demands.STALE).minusSeconds(1), page(), true);
    assertThat(demands.of("team", "chat", now)).isEmpty();
    demands.retain(Set.of("gateway"));
    assertThat(demands.of("team", "chat", now)).isPresent();
    demands.retain(Set.of());
    assertThat(demands.of("team", "chat", now)).isEmpty();
  }

  @Test
  void shouldNotGuessWhatRequestsAskForOfWhichNoneWasEverServed() {
    traffic(Duration.ofMinutes(12), 0, 5);
    assertThat(demands.of("team", "chat", now)).isEmpty();
  }

  @Test
  void shouldKnowThatNothingIsAskedFor() {
    traffic(Duration.ofMinutes(5), 2, 0);
    traffic(Duration.ofMinutes(20), 0, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.ZERO);
  }
}
