package dev.comptroller.decide.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.publish.Quanta.Verdict;
import java.time.Instant;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class QuantaTest {
  private static final Instant THEN = Instant.parse("2026-03-01T00:00:00Z");
  private static final long LIMIT = 19_000_000;

  private static Figures spent(long micros, String prompt) {
    return Figures.of(Map.of("spent", micros), prompt);
  }

  private static Verdict after(long seconds, Figures next) {
    return Quanta.decide(
        spent(1_000_000, "heat 5"), THEN, next, LIMIT, Quanta.STALENESS, THEN.plusSeconds(seconds));
  }

  @Test
  void shouldNeverWriteWhenNothingChanged() {
    assertThat(after(100_000, spent(1_000_000, "heat 5"))).isEqualTo(new Verdict.Unchanged());
  }

  @Test
  void shouldWriteAtOnceWhenHeatChanges() {
    assertThat(after(0, spent(1_000_000, "heat 6"))).isInstanceOf(Verdict.Publish.class);
  }

  @Test
  void shouldWriteAtOnceWhenAFigureMovedByAPercentOfTheLimit() {
    assertThat(after(0, spent(1_190_000, "heat 5")))
        .isEqualTo(new Verdict.Publish("spent moved by 1 % of the limit"));
    assertThat(after(0, spent(810_000, "heat 5"))).isInstanceOf(Verdict.Publish.class);
    assertThat(after(0, spent(1_189_999, "heat 5")))
        .isEqualTo(new Verdict.Wait(THEN.plusSeconds(60)));
  }

  @Test
  void shouldWriteAfterAMinuteWhateverMoved() {
    assertThat(after(59, spent(1_000_001, "heat 5"))).isInstanceOf(Verdict.Wait.class);
    assertThat(after(60, spent(1_000_001, "heat 5"))).isEqualTo(new Verdict.Publish("60 s passed"));
  }

  @Test
  void shouldWriteAtOnceWhenAFigureAppears() {
    assertThat(after(0, Figures.of(Map.of("spent", 1_000_000L, "cpm", 3L), "heat 5")))
        .isInstanceOf(Verdict.Publish.class);
  }

  @Test
  void shouldNotWriteAtOnceForWhatIsDerivedHoweverFarItMoved() {
    Figures before = Figures.of(Map.of("spent", 1L), Map.of("allowedRate", 76_384_000_000L), "");
    Figures after = Figures.of(Map.of("spent", 1L), Map.of("allowedRate", 17_195_000_000L), "");

    assertThat(decide(before, after, 59)).isEqualTo(new Verdict.Wait(THEN.plusSeconds(60)));
    assertThat(decide(before, after, 60)).isEqualTo(new Verdict.Publish("60 s passed"));
    assertThat(decide(before, before, 100_000)).isEqualTo(new Verdict.Unchanged());
    assertThat(decide(before, Figures.of(Map.of("spent", 1L), ""), 0))
        .isEqualTo(new Verdict.Publish("a figure appeared or vanished"));
  }

  private static Verdict decide(Figures previous, Figures next, long seconds) {
    return Quanta.decide(previous, THEN, next, LIMIT, Quanta.STALENESS, THEN.plusSeconds(seconds));
  }

  @Property
  void shouldKeepPublishedFiguresFreshWithFewWrites(
      @ForAll @Size(300) int[] steps, @ForAll @LongRange(min = 1, max = LIMIT) long limit) {
    Figures published = spent(0, "");
    Instant at = THEN;
    long value = 0;
    int writes = 0;
    long travelled = 0;
    for (int second = 1; second <= steps.length; second++) {
      long step = Math.floorMod(steps[second - 1], 1000);
      value += step;
      travelled += step;
      Instant now = THEN.plusSeconds(second);
      Figures next = spent(value, "");
      if (Quanta.decide(published, at, next, limit, Quanta.STALENESS, now)
          instanceof Verdict.Publish) {
        published = next;
        at = now;
        writes++;
      }
      long shown = published.flowing().getOrDefault("spent", -1L);
      boolean stale = !now.isBefore(at.plus(Quanta.STALENESS)) && shown != value;
      assertThat(stale).isFalse();
      assertThat((value - shown) * 100).isLessThan(Math.max(limit, 1));
    }
    assertThat(writes).isLessThanOrEqualTo((int) (travelled * 100 / limit) + steps.length / 60 + 1);
  }
}
