package dev.comptroller.reconcile.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespaceSeen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  private static Trace trace() {
    NamespaceDecision first =
        MoneyLoop.decide(
            HotNamespace.seen(LoopState.EMPTY), HotNamespace.policy(), HotNamespace.NOW);
    NamespaceSeen seen = HotNamespace.seen(first.state());
    return Trace.of(
        seen,
        HotNamespace.policy(),
        MoneyLoop.decide(seen, HotNamespace.policy(), HotNamespace.NOW));
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
    NamespaceSeen fresh = HotNamespace.seen(LoopState.EMPTY);
    Trace first =
        Trace.of(
            fresh,
            HotNamespace.policy(),
            MoneyLoop.decide(fresh, HotNamespace.policy(), HotNamespace.NOW));
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
