package dev.comptroller.reconcile.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.Bill;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.Share;
import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.cost.PoolBill.Split;
import dev.comptroller.decide.units.Money;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class BillReportTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Split HOUR = split("19", "2.375", "16.625");

  private static Split split(String nodes, String held, String free) {
    return new Split(
        Money.parse(nodes),
        new TreeMap<>(Map.of("team", Money.parse(held))),
        Money.parse(free),
        Money.ZERO);
  }

  private static PoolBill bill(Split spent, Split hourly, String unobserved) {
    return new PoolBill(spent, hourly, Money.parse(unobserved), false);
  }

  private static GpuNodePoolStatus status(BillReport.Shown shown) {
    GpuNodePoolStatus empty = GpuNodePoolStatus.empty();
    return new GpuNodePoolStatus(
        1L,
        empty.conditions(),
        empty.capacity(),
        1,
        8,
        1,
        7,
        "19.00",
        null,
        shown.allocated(),
        shown.unallocated(),
        shown.bill(),
        empty.idle(),
        empty.releasing());
  }

  private static final GpuNodePoolStatus WRITTEN =
      status(
          BillReport.next(
              GpuNodePoolStatus.empty(), bill(split("38", "10", "28"), HOUR, "0.5"), NOON));

  private static Bill next(PoolBill bill, Instant now) {
    return Objects.requireNonNull(BillReport.next(WRITTEN, bill, now).bill());
  }

  @Test
  void shouldTellDollarsAndRatesThatSumToTheNodeBill() {
    assertThat(WRITTEN.allocatedHourlyCost()).isEqualTo("2.375");
    assertThat(WRITTEN.unallocatedHourlyCost()).isEqualTo("16.625");
    assertThat(WRITTEN.bill())
        .isEqualTo(
            new Bill(
                "2026-03-01T00:00:00Z",
                "2026-03-01T12:00:00Z",
                "38.00",
                "10.00",
                "28.00",
                null,
                "0.50",
                List.of(new Share("team", "10.00", "2.375"))));
  }

  @Test
  void shouldWriteNothingWhileDollarsGrowByTheRatesThatAreWritten() {
    PoolBill later = bill(split("57", "12.375", "44.625"), HOUR, "0.5");
    assertThat(next(later, NOON.plusSeconds(3600))).isSameAs(WRITTEN.bill());
  }

  @Test
  void shouldWriteWhenARateChanges() {
    PoolBill same = bill(split("38", "10", "28"), split("19", "4.75", "14.25"), "0.5");
    assertThat(next(same, NOON).namespaces()).containsExactly(new Share("team", "10.00", "4.75"));
  }

  @Test
  void shouldWriteWhenDollarsAreNotWhatTheRatesForetold() {
    Instant hour = NOON.plusSeconds(3600);
    PoolBill swapped = bill(split("56.9", "12.375", "44.525"), HOUR, "0.5");
    assertThat(next(swapped, hour).unallocated()).isEqualTo("44.525");
    PoolBill corrected = bill(split("57", "12.374", "44.626"), HOUR, "0.5");
    assertThat(next(corrected, hour).allocated()).isEqualTo("12.374");
  }

  @Test
  void shouldWriteWhenTheDoubtOrTheMonthChanges() {
    Instant hour = NOON.plusSeconds(3600);
    PoolBill doubted = bill(split("57", "12.375", "44.625"), HOUR, "0.7");
    assertThat(next(doubted, hour).unobserved()).isEqualTo("0.70");
    Instant april = Instant.parse("2026-04-01T00:00:00Z");
    PoolBill anew = bill(split("0", "0", "0"), HOUR, "0");
    assertThat(next(anew, april).start()).isEqualTo("2026-04-01T00:00:00Z");
  }

  @Test
  void shouldTellNothingThatIsNotKnown() {
    assertThat(BillReport.next(WRITTEN, null, NOON))
        .isEqualTo(new BillReport.Shown(null, null, null));
  }
}
