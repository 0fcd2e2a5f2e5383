package dev.comptroller.reconcile.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.Rhythm;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.DeploymentSeen;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.loop.FeatureSeen;
import dev.comptroller.decide.loop.Holding;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.MoneySeen;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  private static final Instant NOW = Instant.parse("2026-03-04T12:00:30Z");

  private static Variant variant(String name, String quality, int gpus) {
    return new Variant(
        name,
        "h100",
        gpus,
        new BigDecimal(quality),
        8_000_000_000L,
        "Q8_0",
        32,
        TokensPerSecond.of(2_000),
        new Variant.DeclaredPrice(Cpm.parse("1"), Cpm.parse("0.10"), Cpm.parse("4.00")),
        70);
  }

  private static NamespacePolicy policy() {
    Policy policy =
        new Policy(
            "team",
            "chat",
            List.of(variant("large", "0.90", 4), variant("small", "0.8", 1)),
            "small",
            2,
            new Scaling(0, 4),
            Cpm.parse("2.50"));
    HeatLadder ladder =
        new HeatLadder(
            List.of(
                new HeatStep(70, HeatSource.Forecast, HeatAction.QueueBatch, 0, Duration.ZERO, 60),
                new HeatStep(80, HeatSource.Larger, HeatAction.Downgrade, 0, Duration.ZERO, 70)));
    return new NamespacePolicy(
        "team",
        "budget",
        Money.parse("150"),
        Calendar.of(Period.Day, "Europe/Berlin"),
        true,
        false,
        ladder,
        List.of(new FeaturePolicy("search", Money.parse("5"), 10, true, true)),
        List.of(
            new DeploymentPolicy(
                policy,
                100,
                1,
                true,
                false,
                true,
                false,
                new Transition(
                    Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30)),
                Duration.ofMinutes(5))),
        new Leaving(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(10)),
        NamespacePolicy.DEFAULT_STALE,
        NamespacePolicy.DEFAULT_CLIMB_MARGIN);
  }

  private static NamespaceSeen seen(LoopState state) {
    NamespacePolicy policy = policy();
    Exposure large = Exposure.fixed(HourlyRate.parse("8"));
    Exposure small = new Exposure(HourlyRate.parse("2"), HourlyRate.parse("3"));
    List<HourSpend> history =
        IntStream.rangeClosed(1, 60)
            .mapToObj(
                back ->
                    new HourSpend(
                        Instant.parse("2026-03-04T12:00:00Z").minusSeconds(3600L * back),
                        new Money(5_000_000L + back)))
            .toList();
    return new NamespaceSeen(
        NOW.minusSeconds(1),
        new MoneySeen(
            NOW.minusSeconds(2),
            policy.calendar().containing(NOW),
            Money.parse("70.123456"),
            Money.parse("1.5"),
            false,
            history),
        List.of(
            new DeploymentSeen(
                "chat",
                "large",
                List.of(new Holding("large", 2, 2, false, large.times(2))),
                List.of(
                    new VariantSeen(
                        "large", large, TokensPerSecond.of(2_000), 3, null, VariantSeen.Slo.Met),
                    new VariantSeen(
                        "small",
                        small,
                        null,
                        8,
                        null,
                        VariantSeen.Slo.NotMeasured,
                        new Rhythm(
                            List.of(
                                new Exposure.Step(NOW.plusSeconds(7_200), small.now()),
                                new Exposure.Step(NOW.plusSeconds(9_000), small.highest())),
                            Duration.ofHours(1)))),
                null,
                List.of(TokensPerSecond.of(4_000), TokensPerSecond.of(400)),
                Map.of("small", Duration.ofSeconds(200)))),
        List.of(new FeatureSeen("search", Money.parse("1.25"), Money.parse("0.05"), null)),
        state);
  }

  private static Trace trace() {
    NamespaceDecision first = MoneyLoop.decide(seen(LoopState.EMPTY), policy(), NOW);
    NamespaceSeen seen = seen(first.state());
    return Trace.of(seen, policy(), MoneyLoop.decide(seen, policy(), NOW));
  }

  private static Trace read(String text) {
    return switch (TraceCodec.read(text)) {
      case TraceCodec.Reading.Good(var trace) -> trace;
      case TraceCodec.Reading.Bad(var problem) -> throw new AssertionError(problem);
    };
  }

  private static String problem(String text) {
    return switch (TraceCodec.read(text)) {
      case TraceCodec.Reading.Good(_) -> "none";
      case TraceCodec.Reading.Bad(var problem) -> problem;
    };
  }

  @Test
  void shouldReadBackEveryFieldThatItWrites() {
    Trace trace = trace();
    assertThat(read(TraceCodec.write(trace))).isEqualTo(trace);
    NamespaceSeen fresh = seen(LoopState.EMPTY);
    Trace first = Trace.of(fresh, policy(), MoneyLoop.decide(fresh, policy(), NOW));
    assertThat(read(TraceCodec.write(first))).isEqualTo(first);
  }

  @Test
  void shouldDecideTheSameAgainFromAFileAndSayWhy(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("trace.json"), TraceCodec.write(trace()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int code = Main.run(new String[] {file.toString()}, new PrintStream(out), System.err);
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text)
        .contains("replayed: the same decision")
        .contains("large on h100: 2 replicas, $16.00/h")
        .contains("2 x small for $6.00/h")
        .contains("without the budget: 2 x large on h100 for $16.00/h, quality 0.90")
        .contains("saves $10.00/h");
    assertThat(code).isZero();
  }

  @Test
  void shouldTellAnotherDecisionWhenAnInputIsPerturbed(@TempDir Path folder) throws IOException {
    String text = TraceCodec.write(trace()).replace("\"micros\":70123456", "\"micros\":123456");
    Path file = Files.writeString(folder.resolve("trace.json"), text);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int code = Main.run(new String[] {file.toString()}, new PrintStream(out), System.err);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("decision.figures.spent.micros: the trace says")
        .contains("replayed: another decision");
    assertThat(code).isEqualTo(1);
  }

  @Test
  void shouldTellAnotherDecisionWhenTheStoredAnswerIsEdited() {
    Trace trace =
        read(TraceCodec.write(trace()).replace("\"suspended\":false", "\"suspended\":true"));
    assertThat(Replay.of(trace).differences())
        .containsExactly("decision.traffic.suspended: the trace says true, replayed it is false");
  }

  @Test
  void shouldNameTheFieldOfABadFile(@TempDir Path folder) {
    String good = TraceCodec.write(trace());
    assertThat(problem("")).contains("not a JSON object");
    assertThat(problem("{")).startsWith("line 1, column ");
    assertThat(problem("{\"schema\":2}")).startsWith("schema: is 2, this version reads 1; ");
    assertThat(problem("{\"a\":1}")).startsWith("schema: is missing, this version reads 1; ");
    assertThat(problem("{\"schema\":1}")).contains("policy: is missing");
    assertThat(problem(good.replace("\"climbMargin\":2", "\"climbMargin\":100")))
        .isEqualTo("policy: climb margin is 100 percent, not 0 to 99");
    assertThat(problem(good.replace("\"climbMargin\":2", "\"climbMargin\":\"x\"")))
        .startsWith("policy.climbMargin: ");
    assertThat(problem(good.replace("\"hard\":true", "\"hart\":true")))
        .isEqualTo("policy.hard: is missing");
    assertThat(problem(good.replace("\"action\":\"QueueBatch\"", "\"action\":\"Dance\"")))
        .startsWith("policy.heat.steps[0].action: ");
    assertThat(problem(good.replaceFirst("\"weight\":1", "\"weight\":0")))
        .isEqualTo("policy.deployments[0]: weight of chat is 0, not 1 or more");
    assertThat(problem(good.replaceFirst("\"stale\":\"PT2M\"", "\"stale\":null")))
        .isEqualTo("policy.stale: is null, give a value");
    int code =
        Main.run(
            new String[] {folder.resolve("none").toString()},
            System.out,
            new PrintStream(new ByteArrayOutputStream()));
    assertThat(code).isEqualTo(2);
  }
}
