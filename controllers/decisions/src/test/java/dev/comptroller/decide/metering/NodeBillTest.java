package dev.comptroller.decide.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.GpuState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NodeBillTest {
  private static final long HOUR = 3_600_000_000_000L;
  private static final List<GpuState> OWN =
      List.of(GpuState.Start, GpuState.Load, GpuState.Step, GpuState.Idle, GpuState.Drain);

  @Test
  void shouldDivideAnHourByWhatTheGpusDid() {
    NodeBill node = new NodeBill(0, HOUR, 2, new Money(19_000_001));
    var states = states(GpuState.Load, 60, GpuState.Step, 1_200, GpuState.Idle, 540);
    var killed = new NodeBill.Replica("a", 1, 0, HOUR / 2, 0, HOUR / 2, false, states);
    NodeBill.Statement statement = node.statement(List.of(killed)).orElseThrow();
    assertThat(statement.byState())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                GpuState.Load, new Money(158_333),
                GpuState.Step, new Money(3_166_667),
                GpuState.Idle, new Money(1_425_000),
                GpuState.Unallocated, new Money(14_250_001)));
  }

  @Test
  void shouldCallTimeAfterTheLastWordUnobservedOrDrain() {
    NodeBill node = new NodeBill(0, 1_000, 1, new Money(1_000));
    var states = new TreeMap<>(Map.of(GpuState.Idle, 700L));
    var killed = new NodeBill.Replica("a", 1, 0, 1_000, 100, 800, false, states);
    assertThat(node.statement(List.of(killed)).orElseThrow().byReplica().get("a"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                GpuState.Start, new Money(100),
                GpuState.Idle, new Money(700),
                GpuState.Unobserved, new Money(200)));
    var ended = new NodeBill.Replica("a", 1, 0, 1_000, 100, 800, true, states);
    assertThat(node.statement(List.of(ended)).orElseThrow().byState())
        .containsEntry(GpuState.Drain, new Money(200));
  }

  @Test
  void shouldCutWhatARuntimeSawBeyondItsBill() {
    NodeBill node = new NodeBill(0, 1_000, 1, new Money(1_000));
    var states = new TreeMap<>(Map.of(GpuState.Step, 600L, GpuState.Drain, 300L));
    var replica = new NodeBill.Replica("a", 1, 0, 750, 0, 900, true, states);
    NodeBill.Statement statement = node.statement(List.of(replica)).orElseThrow();
    assertThat(statement.cutNanos()).isEqualTo(150);
    assertThat(statement.byState())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                GpuState.Step, new Money(600),
                GpuState.Drain, new Money(150),
                GpuState.Unallocated, new Money(250)));
  }

  @Test
  void shouldHaveNoStatementOfWhatCannotBe() {
    NodeBill node = new NodeBill(0, 1_000, 1, new Money(1_000));
    var one = new NodeBill.Replica("a", 1, 0, 600, 0, 0, false, new TreeMap<>());
    var two = new NodeBill.Replica("b", 1, 500, 700, 500, 500, false, new TreeMap<>());
    assertThat(node.statement(List.of(one, two))).as("two on one GPU").isEmpty();
    var wrong =
        new NodeBill.Replica(
            "c", 1, 0, 600, 0, 10, false, new TreeMap<>(Map.of(GpuState.Idle, 11L)));
    assertThat(node.statement(List.of(wrong))).as("its states do not add up").isEmpty();
    var outside = new NodeBill.Replica("d", 1, 0, 1_001, 0, 0, false, new TreeMap<>());
    assertThat(node.statement(List.of(outside))).isEmpty();
  }

  @Property(tries = 500)
  void shouldSumToTheBillWhateverHappened(
      @ForAll @IntRange(min = 1, max = 8) int gpus, @ForAll long seed) {
    Random random = new Random(seed);
    NodeBill node = new NodeBill(0, 30 * HOUR, gpus, new Money(random.nextLong(1_000_000_000)));
    List<NodeBill.Replica> replicas = new ArrayList<>();
    long from = 0;
    while (from < 20 * HOUR) {
      int held = 1 + random.nextInt(gpus);
      long to = from + 1 + random.nextLong(HOUR * 9);
      replicas.add(replica("r" + replicas.size(), held, from, to, random));
      from = to + random.nextLong(HOUR);
    }
    NodeBill.Statement statement = node.statement(replicas).orElseThrow();
    assertThat(sum(statement.byState())).isEqualTo(node.bill().micros());
    long ofReplicas = statement.byReplica().values().stream().mapToLong(NodeBillTest::sum).sum();
    Money pools = statement.byState().getOrDefault(GpuState.Unallocated, new Money(0));
    assertThat(ofReplicas + pools.micros()).isEqualTo(node.bill().micros());
  }

  private static NodeBill.Replica replica(
      String name, int gpus, long from, long to, Random random) {
    long since = from + random.nextLong(to - from);
    SortedMap<GpuState, Long> states = new TreeMap<>();
    long at = since;
    for (GpuState state : OWN) {
      long nanos = random.nextLong(HOUR);
      states.put(state, nanos * gpus);
      at += nanos;
    }
    return new NodeBill.Replica(name, gpus, from, to, since, at, random.nextBoolean(), states);
  }

  private static long sum(SortedMap<GpuState, Money> parts) {
    return parts.values().stream().mapToLong(Money::micros).sum();
  }

  private static SortedMap<GpuState, Long> states(
      GpuState a, long aSeconds, GpuState b, long bSeconds, GpuState c, long cSeconds) {
    return new TreeMap<>(
        Map.of(
            a,
            aSeconds * 1_000_000_000L,
            b,
            bSeconds * 1_000_000_000L,
            c,
            cSeconds * 1_000_000_000L));
  }
}
