package dev.comptroller.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MeasuredWorkTest {
  @Test
  void shouldChargeAStepByWhatEachSequenceHadComputed() {
    List<StepWork> step =
        List.of(new StepWork(1, 100, 0, 0), new StepWork(2, 0, 1, 2_000), new StepWork(3, 0, 1, 0));
    assertThat(new WorkCost(10, 40, 1).split(30_800_000, step))
        .containsExactly(
            new WorkCost.Part(1, 10_000_000),
            new WorkCost.Part(2, 20_400_000),
            new WorkCost.Part(3, 400_000));
  }

  @Test
  void shouldChargeAllTheSameWhereNothingCounts() {
    List<StepWork> step = List.of(new StepWork(4, 0, 0, 0), new StepWork(5, 0, 0, 0));
    assertThat(new WorkCost(1, 1, 1).split(5, step))
        .containsExactly(new WorkCost.Part(4, 3), new WorkCost.Part(5, 2));
  }

  @Test
  void shouldRefuseTimeThatBelongsToNobody() {
    assertThat(new WorkCost(1, 1, 1).split(0, List.of())).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WorkCost(1, 1, 1).split(5, List.of()))
        .withMessage("nobody to divide 5 over");
  }

  @Test
  void shouldCountWhatEachTokenReads() {
    assertThat(StepWork.ofTokens(1, 10, 0, 4)).isEqualTo(new StepWork(1, 4, 0, 6));
    assertThat(StepWork.ofTokens(1, 10, 8, 4)).isEqualTo(new StepWork(1, 2, 2, 38));
    assertThat(StepWork.ofTokens(1, 10, 12, 1)).isEqualTo(new StepWork(1, 0, 1, 12));
  }

  @Property(tries = 500)
  void shouldDivideLongsAsItDividesBigNumbers(
      @ForAll @LongRange(min = 0) long whole,
      @ForAll @Size(min = 1, max = 20)
          List<@LongRange(min = 0, max = 2_000_000_000_000L) Long> weights,
      @ForAll @IntRange(min = 0, max = 62) int shift) {
    assertThat(
            Apportion.byLargestRemainder(
                whole >> shift, weights.stream().mapToLong(w -> w).toArray()))
        .containsExactly(
            Apportion.byLargestRemainder(
                    whole >> shift, weights.stream().map(BigInteger::valueOf).toList())
                .stream()
                .mapToLong(w -> w)
                .toArray());
  }

  @Provide
  Arbitrary<List<StepWork>> steps() {
    Arbitrary<Long> counts = Arbitraries.longs().between(0, 1_000_000);
    return Combinators.combine(counts, counts, counts)
        .as((prefill, decode, read) -> new StepWork(6, prefill, decode, read))
        .list()
        .ofMinSize(1)
        .ofMaxSize(64);
  }

  @Property(tries = 300)
  void shouldSumToTheWholeWithEveryPartWithinANanosecondOfItsShare(
      @ForAll("steps") List<StepWork> step,
      @ForAll @LongRange(min = 0) long nanos,
      @ForAll @IntRange(min = 0, max = 5_000) int prefill,
      @ForAll @IntRange(min = 1, max = 5_000) int decode,
      @ForAll @IntRange(min = 0, max = 50) int read) {
    List<WorkCost.Part> parts = new WorkCost(prefill, decode, read).split(nanos, step);
    BigDecimal all = BigDecimal.ZERO;
    for (StepWork work : step) {
      all = all.add(weight(work, prefill, decode, read));
    }
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 0; i < parts.size(); i++) {
      BigDecimal part = BigDecimal.valueOf(parts.get(i).nanos());
      sum = sum.add(part);
      if (all.signum() > 0) {
        BigDecimal exact =
            BigDecimal.valueOf(nanos)
                .multiply(weight(step.get(i), prefill, decode, read))
                .divide(all, 30, RoundingMode.HALF_EVEN);
        assertThat(part.subtract(exact).abs()).isLessThan(BigDecimal.ONE);
      }
    }
    assertThat(sum).isEqualByComparingTo(BigDecimal.valueOf(nanos));
  }

  private static BigDecimal weight(StepWork work, int prefill, int decode, int read) {
    return BigDecimal.valueOf(work.prefillTokens() * prefill)
        .add(BigDecimal.valueOf(work.decodeTokens() * decode))
        .add(BigDecimal.valueOf(work.kvRead() * read));
  }
}
