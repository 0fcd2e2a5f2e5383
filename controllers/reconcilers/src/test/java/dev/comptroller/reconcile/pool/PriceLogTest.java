package dev.comptroller.reconcile.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.cost.Metering;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PriceLogTest {
  private static final Instant T0 = Instant.parse("2026-03-01T00:00:00Z");

  @Test
  void shouldChargeAnEditedPriceFromTheEditOnOnly() {
    PriceLog log =
        PriceLog.EMPTY
            .with(declared(8, price("80.00", null)), T0)
            .with(declared(8, price("160.00", null)), T0.plus(Duration.ofMinutes(30)));

    assertThat(cost(log, 8, Duration.ofHours(1))).isEqualTo("120.00");
  }

  @Test
  void shouldKeepDatedPricesOfEachDeclaration() {
    Instant dated = T0.plus(Duration.ofMinutes(45));
    PriceLog log =
        PriceLog.EMPTY
            .with(declared(8, price("80.00", null), price("8.00", dated)), T0)
            .with(
                declared(8, price("160.00", null), price("320.00", dated)),
                T0.plus(Duration.ofMinutes(30)));

    // 30 min at 80, 15 min at 160, 15 min at 320: never at the 8 that was withdrawn before it held
    assertThat(cost(log, 8, Duration.ofHours(1))).isEqualTo("160.00");
  }

  @Test
  void shouldConvertPricesWhenNodesGetAnotherNumberOfGpus() {
    PriceLog log =
        PriceLog.EMPTY
            .with(declared(8, price("80.00", null)), T0)
            .with(declared(4, price("80.00", null)), T0.plus(Duration.ofMinutes(30)));

    // 4 GPUs: half a node of $80 for half an hour, then a whole one
    assertThat(cost(log, 4, Duration.ofHours(1))).isEqualTo("60.00");
  }

  @Test
  void shouldSurviveBeingWrittenAndRead() {
    PriceLog log =
        PriceLog.EMPTY
            .with(declared(8, price("80.00", null), price("8.00", T0.plusSeconds(7))), T0)
            .with(declared(8, price("160.00", null)), T0.plusSeconds(1800));

    assertThat(PriceCodec.read(PriceCodec.write("pool", log))).isEqualTo(log);
    assertThatThrownBy(() -> PriceCodec.read("{\"schema\": 7}"))
        .hasMessageContaining("schema is 7");
    assertThatThrownBy(() -> PriceCodec.read("nonsense")).hasMessageContaining("not a price log");
  }

  @Test
  void shouldStayBoundedWhenAPriceIsEditedForEver() {
    PriceLog log = PriceLog.EMPTY;
    for (int i = 0; i < 1000; i++) {
      log = log.with(declared(8, price((i % 90 + 1) + ".00", null)), T0.plusSeconds(i * 60L));
    }
    assertThat(log.entries()).hasSize(PriceLog.MOST);
    assertThat(log.entries().getFirst().from()).isNull();
  }

  @Test
  void shouldTakeTheTimeOfTheWriteForAnEditThatIsSeenLate() {
    PriceLog log = PriceLog.EMPTY.with(declared(8, price("80.00", null)), T0);
    log = log.with(declared(8, price("81.00", null)), T0.plusSeconds(60));
    Instant now = T0.plusSeconds(600);

    assertThat(log.editedAt(List.of(T0.plusSeconds(30), T0.plusSeconds(120)), now))
        .isEqualTo(T0.plusSeconds(120));
    assertThat(log.editedAt(List.of(T0.plusSeconds(30)), now)).isEqualTo(now);
    assertThat(log.editedAt(List.of(now.plusSeconds(5)), now)).isEqualTo(now);
  }

  private static String cost(PriceLog log, int gpus, Duration time) {
    PriceBook book = log.inForce().orElseThrow().prices();
    ReplicaInterval interval =
        new ReplicaInterval(
            "a", "pool", CapacityType.OnDemand, gpus, T0, new ReplicaInterval.Known(T0.plus(time)));
    return Metering.cost(
            List.of(interval),
            PriceBooks.of(Map.of("pool", book)),
            T0,
            T0.plus(time),
            T0.plus(time))
        .money()
        .toString();
  }

  private static Declared declared(int gpusPerNode, Price... prices) {
    return new Declared("pool", "H100", new PriceBook(gpusPerNode, List.of(prices)), null);
  }

  private static Price price(String dollars, @Nullable Instant from) {
    return new Price(CapacityType.OnDemand, HourlyRate.parse(dollars), from, null);
  }
}
