package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.Measurements;
import dev.comptroller.reconcile.signals.Speeds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.data.Offset;
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
  void shouldTellTheAutoscalerHowManyRequestsCameInWhichMinute() {
    traffic(Duration.ofMinutes(3), 4, 0);
    traffic(Duration.ofMinutes(1), 8, 2);
    traffic(Duration.ofMinutes(1), 4, 0);
    assertThat(asked().requests()).containsExactly(240.0, 240.0, 600.0, 240.0);
    assertThat(asked().minutes()).containsExactly(2_000.0, 2_000.0, 5_000.0, 2_000.0);
  }

  @Test
  void shouldNotTakeAMinuteThatWasLookedAtOnceMoreForABusierOne() {
    // Every 17 s: three or four looks a minute.
    demands.add("gateway", now, page(), false);
    for (int look = 0; look < 80; look++) {
      now = now.plusSeconds(17);
      served += 17 * 40;
      tokens += 17 * 40 * 500;
      demands.add("gateway", now, page(), false);
    }
    assertThat(asked().requests())
        .hasSize(22)
        .allSatisfy(count -> assertThat(count).isBetween(2_398.0, 2_402.0));
    assertThat(asked().requests().stream().mapToDouble(Double::doubleValue).sum())
        .isCloseTo(22 * 2_400, Offset.offset(2.0));
  }

  @Test
  void shouldCountAMinuteWhenTheLastGatewayWasLookedAtAfterIt() {
    demands.add("gateway", now, page(), false);
    demands.add("other", now.plusMillis(500), page(), false);
    for (int look = 0; look < 12; look++) {
      now = now.plusSeconds(15);
      served += 15 * 40;
      tokens += 15 * 40 * 500;
      demands.add("gateway", now, page(), false);
      if (look == 11) {
        assertThat(asked().requests()).as("the other one was not looked at yet").hasSize(1);
      }
      demands.add("other", now.plusMillis(500), page(), false);
    }
    assertThat(asked().requests()).last().isEqualTo(4_800.0);
  }

  /// A gateway is looked at every 17 s for so long; of 40 requests in a minute so many come in each
  /// of its quarters.
  private void quarters(Demands into, Duration time, long... each) {
    Instant end = now.plus(time);
    while (now.isBefore(end)) {
      for (int second = 0; second < 17; second++, now = now.plusSeconds(1)) {
        int quarter = (int) (now.getEpochSecond() % 60 / 15);
        arrived[quarter] += now.getEpochSecond() % 15 == 7 ? each[quarter] : 0;
      }
      served += 17 * 4;
      tokens += 17 * 4 * 500;
      into.add("gateway", now, page() + arrivals(), false);
    }
  }

  private final long[] arrived = new long[4];

  private String arrivals() {
    StringBuilder page = new StringBuilder();
    for (int quarter = 0; quarter < 4; quarter++) {
      page.append("comptroller_gateway_arrivals_total{namespace=\"team\",deployment=\"chat\",")
          .append("quarter=\"%d\",} %d.0%n".formatted(quarter, arrived[quarter]));
    }
    return page.toString();
  }

  @Test
  void shouldTellThatEveryMinuteHasAQuarterInWhichMostOfItsRequestsCome() {
    quarters(demands, Duration.ofMinutes(30), 10, 10, 10, 10);
    assertThat(asked().pulse()).isEqualTo(Pulse.EVEN);
    TokensPerSecond even = measured(demands).demand("team", "chat", now).orElseThrow();

    quarters(demands, Duration.ofMinutes(61), 4, 28, 4, 4);
    assertThat(asked().pulse()).isEqualTo(new Pulse(2.8));
    assertThat(demands.of("team", "chat", now)).contains(even);
    assertThat(measured(demands).demand("team", "chat", now).orElseThrow().thousandths())
        .isEqualTo(Math.round(2.8 * even.thousandths()));
  }

  @Test
  void shouldGoOnFromTheWavesThatWereRememberedUntilItHasSeenAsMany() {
    quarters(demands, Duration.ofMinutes(40), 4, 28, 4, 4);
    Demands next = new Demands();
    next.restore(
        "team", DemandBook.read(new DemandBook(now, demands.memory("team")).write()).deployments());
    quarters(next, Duration.ofMinutes(15), 10, 10, 10, 10);
    assertThat(next.pulse("team", "chat")).isEqualTo(new Pulse(2.8));
    quarters(next, Duration.ofMinutes(10), 10, 10, 10, 10);
    assertThat(next.pulse("team", "chat")).isEqualTo(Pulse.EVEN);
  }

  private static Measurements measured(Demands demands) {
    return new Measurements(new Speeds(Speeds.Variants.UNKNOWN), demands, new Queues());
  }

  private DemandSeen asked() {
    return measured(demands).asked("team", "chat", 0, now).orElseThrow();
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

  @Test
  void shouldTellPromptsAndAnswersOfTheLastWholeMinuteAndOfTheLastSixtySecondsApart() {
    traffic(Duration.ofMinutes(3), 4, 0);
    traffic(Duration.ofSeconds(15), 8, 2);
    Demands.Recent recent = demands.recent("team", "chat", now).orElseThrow();
    Demands.Rates minute = Objects.requireNonNull(recent.minute());
    assertThat(minute.prompt()).isEqualTo(TokensPerSecond.of(1_500));
    assertThat(minute.answer()).isEqualTo(TokensPerSecond.of(500));
    assertThat(minute.requestsPerSecond()).isEqualTo(4);
    assertThat(minute.to()).isEqualTo(START.plus(Duration.ofMinutes(3)));
    Demands.Rates moment = Objects.requireNonNull(recent.moment());
    assertThat(moment.tokens())
        .as("45 s of 2,000, 15 s of 5,000")
        .isEqualTo(TokensPerSecond.of(2_750));
    assertThat(moment.requestsPerSecond()).isEqualTo(5.5);
    assertThat(Duration.between(moment.from(), moment.to())).isEqualTo(Duration.ofSeconds(60));
    assertThat(moment.to()).isEqualTo(now);
    assertThat(recent.at()).isEqualTo(now);
    assertThat(demands.recent("team", "chat", now.plusSeconds(61))).isEmpty();
    Demands.Recent never = demands.recent("team", "other", now).orElseThrow();
    assertThat(Objects.requireNonNull(never.moment()).tokens()).isEqualTo(TokensPerSecond.ZERO);
    assertThat(never.lastRequest()).isNull();
  }

  @Test
  void shouldNotTakeWhatCameInAGapForWhatCameInAMinute() {
    traffic(Duration.ofMinutes(12), 2, 0);
    now = now.plus(Duration.ofMinutes(5));
    tokens += 5 * 60 * 100_000L;
    served += 5 * 60;
    traffic(Duration.ofMinutes(11), 2, 0);
    assertThat(demands.of("team", "chat", now)).contains(TokensPerSecond.of(1_000));
    List<Demands.Rates> minutes = demands.minutes("team", "chat", now);
    assertThat(minutes)
        .hasSize(11 + 10)
        .allMatch(minute -> minute.tokens().equals(TokensPerSecond.of(1_000)));
  }

  @Test
  void shouldGoOnFromWhatWasRememberedAndSayHowOldItIs() {
    traffic(Duration.ofMinutes(12), 4, 0);
    traffic(Duration.ofMinutes(1), 1, 0);
    Demands next = new Demands();
    next.restore(
        "team", DemandBook.read(new DemandBook(now, demands.memory("team")).write()).deployments());
    now = now.plusSeconds(90);
    assertThat(next.window("team", "chat", now)).as("before any look").isEmpty();
    next.add("gateway", now, page(), false);
    assertThat(next.of("team", "chat", now)).isEmpty();
    Demands.Window window = next.window("team", "chat", now).orElseThrow();
    assertThat(window.busiest()).isEqualTo(TokensPerSecond.of(2_000));
    assertThat(window.minutes()).isEqualTo(9);
    assertThat(window.age()).isEqualTo(Duration.ofSeconds(90));
    refused += 10;
    next.add("gateway", now.plusSeconds(10), page(), false);
    assertThat(
            Objects.requireNonNull(
                    next.recent("team", "chat", now.plusSeconds(10)).orElseThrow().moment())
                .tokens())
        .as("refused requests are like those that the process before saw")
        .isEqualTo(TokensPerSecond.of(500));
    assertThat(next.window("team", "chat", now.plusSeconds(900))).isEmpty();
  }

  @Test
  void shouldLearnTheHoursOfTheWeekAndForgetOldWeeks() {
    int hour = Demands.hourOfWeek(START);
    assertThat(hour).isEqualTo(10);
    assertThat(Demands.hourOfWeek(Instant.parse("2026-01-04T23:59:59Z"))).isEqualTo(167);
    assertThat(demands.hour("team", "chat", hour)).isEmpty();
    traffic(Duration.ofMinutes(3), 4, 0);
    assertThat(demands.hour("team", "chat", hour).orElseThrow())
        .isEqualTo(new Demands.Usually(TokensPerSecond.of(1_500), TokensPerSecond.of(500), 4, 1));
    now = START.plus(Duration.ofDays(7));
    traffic(Duration.ofMinutes(3), 1, 0);
    Demands.Usually usual = demands.hour("team", "chat", hour).orElseThrow();
    assertThat(usual.weeks()).isEqualTo(2);
    double left = Math.sqrt(0.5);
    assertThat(usual.tokens().thousandths() / 1e3)
        .isCloseTo((2_000 * left + 500) / (left + 1), Offset.offset(0.1));
    assertThat(usual.requestsPerSecond())
        .isCloseTo((4 * left + 1) / (left + 1), Offset.offset(0.01));
    assertThat(demands.hour("team", "chat", hour + 1)).isEmpty();
  }

  @Test
  void shouldNotTakeWorkThatMayWaitForDemand() {
    traffic(Duration.ofMinutes(2), 4, 0);
    String batch =
        """
        comptroller_gateway_tokens_total{namespace="team",deployment="chat",variant="large",\
        class="output",traffic="batch",} 900000000.0
        """;
    now = now.plusSeconds(5);
    demands.add("gateway", now, page() + batch, false);
    Demands.Recent recent = demands.recent("team", "chat", now).orElseThrow();
    assertThat(Objects.requireNonNull(recent.moment()).tokens().thousandths())
        .isBetween(1_000_000L, 2_000_000L);
  }

  @Test
  void shouldTellAtOnceWhenRequestsBeginToWaitAndOnlyThen() {
    List<String> told = new ArrayList<>();
    demands.onWaiting((namespace, name) -> told.add(namespace + "/" + name));
    demands.add("gateway", now, page() + waiting(0, 0), false);
    assertThat(told).isEmpty();
    demands.glance("gateway", now.plusSeconds(1), page() + waiting(3, 0));
    demands.glance("gateway", now.plusSeconds(2), page() + waiting(4, 2));
    demands.glance("unknown", now.plusSeconds(2), page() + waiting(9, 9));
    assertThat(told).containsExactly("team/chat");
    demands.add("second", now.plusSeconds(3), page() + waiting(0, 5), true);
    Demands.Recent recent = demands.recent("team", "chat", now.plusSeconds(3)).orElseThrow();
    assertThat(recent.interactive()).isEqualTo(4);
    assertThat(recent.batch()).isEqualTo(7);
    assertThat(recent.waiting()).isEqualTo(11);
    assertThat(recent.lastRequest()).isEqualTo(Instant.parse("2026-01-05T09:59:00Z"));
    demands.add("gateway", now.plusSeconds(4), page() + waiting(0, 0), false);
    demands.add("second", now.plusSeconds(4), page() + waiting(0, 0), false);
    demands.add("second", now.plusSeconds(5), page() + waiting(0, 1), false);
    assertThat(told).containsExactly("team/chat", "team/chat");
  }

  private static String waiting(int interactive, int batch) {
    String series = "comptroller_gateway_waiting_requests{namespace=\"team\",deployment=\"chat\",";
    return """
        %sclass="interactive",} %d.0
        %sclass="batch",} %d.0
        comptroller_gateway_last_request_timestamp_seconds{namespace="team",deployment="chat",} %s
        """
        .formatted(
            series,
            interactive,
            series,
            batch,
            (double) Instant.parse("2026-01-05T09:59:00Z").getEpochSecond());
  }

  @Test
  void shouldLeaveAGlanceAtAProcessThatBeganAnewToTheNextRound() {
    traffic(Duration.ofSeconds(30), 4, 0);
    long before = tokens;
    tokens = 500;
    served = 1;
    demands.glance("gateway", now.plusSeconds(1), page());
    tokens = before;
    served = 4 * 30;
    assertThat(demands.recent("team", "chat", now.plusSeconds(1)).orElseThrow().at())
        .isEqualTo(now);
  }

  @Test
  void shouldForgetDeploymentsThatAreGone() {
    traffic(Duration.ofMinutes(12), 4, 0);
    assertThat(demands.moved()).containsExactly("team");
    demands.keep((_, name) -> !name.equals("chat"));
    assertThat(demands.memory("team")).isEmpty();
    assertThat(demands.all(now)).isEmpty();
  }
}
