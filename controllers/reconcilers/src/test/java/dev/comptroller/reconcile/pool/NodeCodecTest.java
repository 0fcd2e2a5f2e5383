package dev.comptroller.reconcile.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.cost.NodeRecord;
import dev.comptroller.decide.cost.NodeRecord.Open;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NodeCodecTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final NodeRecord RECORD =
      new NodeRecord(
          closed(3600),
          closed(900),
          List.of(
              new Open("a", NOON, CapacityType.Spot, 8, NOON.plusSeconds(5)),
              new Open("b", NOON, CapacityType.OnDemand, 4, NOON)),
          NOON.plusSeconds(7));

  private static SpendRecord closed(long seconds) {
    return SpendRecord.EMPTY
        .record(
            new ReplicaInterval(
                "x",
                "h100",
                CapacityType.Spot,
                8,
                NOON,
                new ReplicaInterval.Known(NOON.plusSeconds(seconds))),
            PriceBooks.of(
                Map.of(
                    "h100",
                    new PriceBook(
                        8, List.of(Price.always(CapacityType.Spot, HourlyRate.parse("7")))))))
        .forget("x");
  }

  @Test
  void shouldReadWhatItWrote() {
    assertThat(NodeCodec.read(NodeCodec.write(RECORD))).isEqualTo(RECORD);
  }

  @Test
  void shouldNameTheKeyThatItDoesNotUnderstand() {
    for (String key : List.of(NodeCodec.NODES, NodeCodec.CLOSED, NodeCodec.UNOBSERVED)) {
      Map<String, String> data = new HashMap<>(NodeCodec.write(RECORD));
      for (String bad : List.of("", "null", "{}", "{\"schema\":2}", "nonsense")) {
        data.put(key, bad);
        assertThatIllegalArgumentException()
            .as("%s: %s", key, bad)
            .isThrownBy(() -> NodeCodec.read(data))
            .withMessageContaining("key " + key);
      }
    }
    assertThatIllegalArgumentException().isThrownBy(() -> NodeCodec.read(null));
  }
}
