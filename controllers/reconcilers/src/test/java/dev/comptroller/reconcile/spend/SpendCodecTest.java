package dev.comptroller.reconcile.spend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SpendCodecTest {
  @Test
  void shouldReadBackWhatItWrote() {
    PriceBooks books =
        PriceBooks.of(
            Map.of(
                "h100",
                new PriceBook(
                    8, List.of(Price.always(CapacityType.Spot, HourlyRate.parse("98.32"))))));
    SpendRecord record =
        SpendRecord.EMPTY.record(
            new ReplicaInterval(
                "uid-1",
                "h100",
                CapacityType.Spot,
                4,
                Instant.parse("2026-03-01T08:07:00Z"),
                new ReplicaInterval.Known(Instant.parse("2026-03-01T11:00:01Z"))),
            books);

    assertThat(SpendCodec.read(SpendCodec.write(record))).isEqualTo(record);
    assertThat(SpendCodec.write(record))
        .contains("\"from\":\"2026-03-01T08:15:00Z\",\"quarters\":11,\"gpuSeconds\":3600");
  }

  @Test
  void shouldRefuseWhatItDoesNotUnderstand() {
    assertThatThrownBy(() -> SpendCodec.read("nonsense"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a spend record");
    assertThatThrownBy(() -> SpendCodec.read("{\"schema\":9,\"lines\":[],\"uids\":[]}"))
        .hasMessageContaining("schema is 9");
    assertThatThrownBy(() -> SpendCodec.read("{\"schema\":1}"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
