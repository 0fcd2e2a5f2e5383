package dev.comptroller.decide.condition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.latency.SloCount;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SloConditionTest {
  private static final Slo BOTH = new Slo(2, 0.05, 0.99);
  private static final double NONE = Double.POSITIVE_INFINITY;

  @Test
  void shouldSayThatThePromiseIsKeptWithBothShares() {
    assertThat(judge(BOTH, new SloCount(1000, 996, 900, 899)))
        .isEqualTo(
            Finding.yes(
                "MeetingSlo",
                "SloMet",
                "first token within 2s for 99.6 % of 1000 requests, at most 50ms a token for"
                    + " 99.8 % of 900 answers; promised 99 %, over 10m"));
  }

  @Test
  void shouldSayThatThePromiseIsBrokenAsSoonAsOneShareIsTooSmall() {
    assertThat(judge(new Slo(0.5, NONE, 0.95), new SloCount(200, 180, 0, 0)))
        .isEqualTo(
            Finding.no(
                "MeetingSlo",
                "SloMissed",
                "first token within 500ms for 90 % of 200 requests; promised 95 %, over 10m"));
    assertThat(judge(BOTH, new SloCount(1000, 1000, 1000, 989)).reason()).isEqualTo("SloMissed");
  }

  @Test
  void shouldLeaveOpenWhatTheTwoSharesLeaveOpen() {
    Finding finding = judge(BOTH, new SloCount(1000, 993, 1000, 993));

    assertThat(finding.status()).isEqualTo(Finding.Status.Unknown);
    assertThat(finding.reason()).isEqualTo("SloUnclear");
    assertThat(finding.message()).endsWith("between 98.6 and 99.3 % keep both");
  }

  @Test
  void shouldNotShowAShareAsAllWhileARequestWasSlow() {
    assertThat(judge(new Slo(2, NONE, 0.99), new SloCount(100_000, 99_999, 0, 0)).message())
        .contains("99.9 % of 100000");
  }

  @Test
  void shouldNotJudgeByFewRequestsOrNoneOrOldFigures() {
    assertThat(judge(BOTH, new SloCount(19, 0, 19, 0)).reason()).isEqualTo("TooFewRequests");
    assertThat(judge(BOTH, new SloCount(20, 0, 20, 0)).reason()).isEqualTo("SloMissed");
    assertThat(judge(BOTH, SloCount.NONE).reason()).isEqualTo("NoTraffic");
    assertThat(judge(BOTH, null).reason()).isEqualTo("SignalStale");
    assertThat(judge(null, new SloCount(100, 0, 100, 0)).reason()).isEqualTo("NoSlo");
  }

  private static Finding judge(@Nullable Slo slo, @Nullable SloCount count) {
    return SloCondition.judge(slo, count, Duration.ofMinutes(10));
  }
}
