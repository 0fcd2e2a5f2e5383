package dev.comptroller.reconcile.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.InferenceBudgetSpec;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatState;
import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.heat.HeatState.StepPast;
import dev.comptroller.decide.loop.Allotment;
import dev.comptroller.decide.loop.Commitment;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class MemoryTest {
  private static final Instant T0 = Instant.parse("2026-03-01T00:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  @Test
  void shouldRememberInAStatusAllThatADecisionLeaves() {
    LoopState state =
        new LoopState(
            HeatState.of(
                T0,
                Map.of(
                    new StepName(HeatAction.Warn, 0),
                    new StepPast(true, T0.plusSeconds(1), null),
                    new StepName(HeatAction.Downgrade, 1),
                    new StepPast(false, null, T0.plusNanos(123_456_789)))),
            List.of(
                new Grant(
                    "chat",
                    "small",
                    2,
                    1,
                    HourlyRate.parse("24.580001"),
                    "Downgraded",
                    "heat 91 %",
                    T0,
                    null,
                    Duration.ofMinutes(5))),
            List.of(new Commitment("chat", "large", 1, 2, T0.plusSeconds(9))),
            T0.plusSeconds(1800),
            new Needs(new TreeMap<>(Map.of(0, 0L, 22, 4_000L, 23, 12_500L))),
            new Work(
                new Needs(new TreeMap<>(Map.of(0, 0L, 23, 11_250L))),
                new Needs(new TreeMap<>(Map.of(0, 0L, 23, 750L)))),
            new Allotment(T0, Money.parse("12.500001"), Money.parse("10.25")));

    assertThat(Memory.read(through(status(state)))).isEqualTo(state);
    assertThat(Memory.read(InferenceBudgetStatus.empty())).isEqualTo(LoopState.EMPTY);
  }

  @Test
  void shouldKeepTheLastValidSpec() {
    InferenceBudgetSpec spec =
        YAML.unmarshal(
            """
            amount: "60"
            period: Hour
            timeZone: Europe/Berlin
            heat:
            - {at: 80, of: Forecast, action: CapOutput, parameters: {maxOutputTokens: 256}}
            - {at: 90, action: Downgrade, dwell: 1m30s, release: 70}
            features:
            - {name: search, amount: "10", priority: 200, batchEligible: true}
            """,
            InferenceBudgetSpec.class);
    InferenceBudgetSpec kept = LastSpec.read(LastSpec.write(spec)).orElseThrow();

    assertThat(kept).isEqualTo(spec);
    if (!(BudgetParser.parse(kept) instanceof Parsed.Valid<Declared>(Declared declared))) {
      throw new AssertionError("the spec is valid");
    }
    assertThat(declared.hard()).isTrue();
    assertThat(declared.observe()).isFalse();
    assertThat(declared.heat().steps().get(0).limit()).isEqualTo(256);
    assertThat(declared.heat().steps().get(1).dwell()).isEqualTo(Duration.ofSeconds(90));
    assertThat(declared.features().getFirst().amount()).isEqualTo(Money.parse("10"));
    assertThat(LastSpec.read("nonsense")).isEmpty();
  }

  @Test
  void shouldNameTheFieldOfABadSpec() {
    InferenceBudgetSpec spec =
        YAML.unmarshal(
            """
            amount: "60"
            period: Hour
            timeZone: Mars/Olympus
            heat:
            - {at: 80, action: Throttle}
            """,
            InferenceBudgetSpec.class);
    assertThat(BudgetParser.parse(spec))
        .isInstanceOfSatisfying(
            Parsed.Invalid.class,
            invalid ->
                assertThat(invalid.violations().toString())
                    .contains("spec.timeZone: timeZone \"Mars/Olympus\" is not known")
                    .contains("spec.heat[0]: action Throttle needs parameters.tokensPerMinute"));
  }

  @Test
  void shouldLearnClosedHoursFromTheRecordAndWhatStillRuns() {
    PriceBooks books =
        PriceBooks.of(
            Map.of(
                "p",
                new PriceBook(
                    8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse("80"))))));
    ReplicaInterval closed =
        interval("a", T0.plusSeconds(1800), new ReplicaInterval.Known(T0.plusSeconds(9000)));
    ReplicaInterval running = interval("b", T0.plusSeconds(10_800), new ReplicaInterval.Running());
    SpendRecord record = SpendRecord.EMPTY.record(closed, books);

    List<HourSpend> hours = Hours.of(record, List.of(running), books, T0.plusSeconds(15_000));

    assertThat(hours)
        .extracting(HourSpend::hour, hour -> hour.spent().toString())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(T0.plusSeconds(3600), "80.00"),
            org.assertj.core.groups.Tuple.tuple(T0.plusSeconds(7200), "40.00"),
            org.assertj.core.groups.Tuple.tuple(T0.plusSeconds(10_800), "80.00"));
    assertThat(Hours.of(SpendRecord.EMPTY, List.of(), books, T0)).isEmpty();
  }

  @Test
  void shouldBoundTraces() {
    SortedMap<String, String> kept = new TreeMap<>();
    for (int i = 0; i < 50; i++) {
      kept.put("%03d.json".formatted(i), "x".repeat(60_000));
      TraceStore.bound(kept);
    }
    assertThat(kept).hasSizeLessThanOrEqualTo(TraceStore.MOST).containsKey("049.json");
    assertThat(kept.values().stream().mapToInt(String::length).sum())
        .isLessThanOrEqualTo(TraceStore.BYTES);
  }

  private static ReplicaInterval interval(String uid, Instant start, ReplicaInterval.End end) {
    return new ReplicaInterval(uid, "p", CapacityType.OnDemand, 8, start, end);
  }

  private static InferenceBudgetStatus through(InferenceBudgetStatus status) {
    return YAML.unmarshal(YAML.asJson(status), InferenceBudgetStatus.class);
  }

  private static InferenceBudgetStatus status(LoopState state) {
    InferenceBudgetStatus e = InferenceBudgetStatus.empty();
    return new InferenceBudgetStatus(
        1L,
        List.of(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        Memory.text(state.fundedUntil()),
        null,
        Memory.wire(state.heat()),
        List.of(),
        state.grants().stream().map(Memory::wire).toList(),
        state.commitments().stream().map(Memory::wire).toList(),
        Memory.wire(state.allotment()),
        Memory.wire(state.needs(), state.work()),
        null,
        null,
        e.features(),
        null,
        e.history(),
        null);
  }
}
