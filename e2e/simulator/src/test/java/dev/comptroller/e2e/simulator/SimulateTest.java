package dev.comptroller.e2e.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `./comptroller simulate` as a user types it.
class SimulateTest {
  private static final Path SAMPLES = Path.of("..", "..", "samples");

  @TempDir private Path folder = Path.of("");

  private record Answer(int code, String out, String err) {}

  private static Answer simulate(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.line();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    int code = line.execute(texts);
    return new Answer(code, out.toString(), err.toString());
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private void copySamples() throws IOException {
    for (String name : new String[] {"00-namespace", "10-pool", "20-budget", "30-deployment"}) {
      Files.copy(SAMPLES.resolve(name + ".yaml"), folder.resolve(name + ".yaml"));
    }
  }

  @Test
  void shouldRunTheSamplesWithNothingElse() throws IOException {
    Path plot = folder.resolve("day.svg");

    Answer answer = simulate("--manifests", SAMPLES, "--plot", plot);

    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out().lines().filter(line -> line.startsWith("03-02"))).hasSize(24);
    assertThat(answer.out()).contains("CPM $", "SLO %", "refused", "q4").contains("checks of");
    assertThat(Files.readString(plot))
        .startsWith("<svg")
        .contains("ready replicas by rung", "percent within the SLO", "downgrades an hour");
    assertThat(simulate("--manifests", SAMPLES).out())
        .isEqualTo(
            answer
                .out()
                .lines()
                .filter(l -> !l.startsWith("plot:"))
                .reduce("", (a, b) -> a + b + "\n"));
  }

  @Test
  void shouldReadTracesInTheirUsualShapes() throws IOException {
    Path azure =
        write(
            "azure.csv",
            """
            TIMESTAMP,ContextTokens,GeneratedTokens
            2023-11-16 18:15:46.6805900,374,44
            2023-11-16 18:15:50.9951690,396,109
            """);
    Path mooncake =
        write(
            "mooncake.jsonl",
            """
            {"timestamp": 0, "input_length": 100, "output_length": 10, "hash_ids": [0]}
            {"timestamp": 30000, "input_length": 10, "output_length": 20}
            """);
    Path own =
        write("own.csv", "feature,class,timestamp,input_tokens,output_tokens\na,batch,0,10,20\n");

    for (Path trace : new Path[] {azure, mooncake, own}) {
      Answer answer = simulate("--manifests", SAMPLES, "--trace", trace);
      assertThat(answer.code()).as(answer.err()).isZero();
    }
  }

  @Test
  void shouldNameFileLineAndFieldOfWhatIsWrong() throws IOException {
    Path trace = write("t.csv", "timestamp,input_tokens,output_tokens\n0,10,20\n1,ten,20\n");
    assertThat(simulate("--manifests", SAMPLES, "--trace", trace))
        .satisfies(answer -> assertThat(answer.code()).isEqualTo(2))
        .satisfies(
            answer ->
                assertThat(answer.err())
                    .contains("t.csv:3: input_tokens \"ten\" is no whole number"));

    Path prices = write("p.csv", "pool,type,price_per_node_hour,from,until\nh100,Spot,-1,,\n");
    assertThat(simulate("--manifests", SAMPLES, "--prices", prices).err())
        .contains("p.csv:2: price_per_node_hour: \"-1\" is negative");

    Path header = write("h.csv", "timestamp,tokens\n");
    assertThat(simulate("--manifests", SAMPLES, "--trace", header).err())
        .contains("h.csv:1: no column input_tokens");
  }

  @Test
  void shouldNameTheLineOfABadManifest() throws IOException {
    copySamples();
    Path budget = folder.resolve("20-budget.yaml");
    String good = Files.readString(budget);
    Files.writeString(budget, good.replace("\"120.00\"", "\"a lot\""));
    int line = 1 + good.lines().toList().indexOf("  amount: \"120.00\"");

    assertThat(simulate("--manifests", folder).err())
        .contains("20-budget.yaml:%d: spec.amount: \"a lot\" is not".formatted(line));

    Files.writeString(budget, good.replace("period: Day", "period: Fortnight"));
    assertThat(simulate("--manifests", folder).err())
        .contains("20-budget.yaml:" + (line + 1) + ": spec.period");

    Files.writeString(budget, good);
    Files.delete(folder.resolve("10-pool.yaml"));
    assertThat(simulate("--manifests", folder).err()).contains("holds 0 GpuNodePools");
  }

  @Test
  void shouldLeaveMoneyForTheRestOfAFirstDayThatGrowsBusier() {
    Answer answer = simulate("--manifests", SAMPLES);

    // Where hours not seen yet are taken to need half of the others it is 22 %.
    assertThat(all(answer, 5) / all(answer, 4)).isLessThan(0.15);
    assertThat(total(answer)).isBetween(117.0, 120.0);
  }

  @Test
  void shouldScaleByWhatTheManifestsLetTheAutoscalerDo() throws IOException {
    copySamples();
    Path budget = folder.resolve("20-budget.yaml");
    Files.writeString(budget, Files.readString(budget).replace("\"120.00\"", "\"900.00\""));
    Path deployment = folder.resolve("30-deployment.yaml");
    String plain = Files.readString(deployment);
    String fewest = "    minReplicas: 1\n";

    Files.writeString(
        deployment,
        plain.replace(
            fewest,
            """
                minReplicas: 1
                schedules:
                  - {name: early, timeZone: UTC, days: [Monday], start: "02:30", end: "06:00", minReplicas: 4}
            """));
    Answer scheduled = simulate("--manifests", folder);
    assertThat(hour(scheduled, 3)).endsWith("q4 4.00");
    assertThat(hour(scheduled, 1)).doesNotContain("q4 4.00");

    Files.writeString(deployment, plain.replace("  scaling:\n", "  replicas: 3\n  scaling:\n"));
    Answer byHand = simulate("--manifests", folder);
    assertThat(hour(byHand, 4)).endsWith("q4 3.00");
    assertThat(hour(byHand, 16)).endsWith("q4 3.00");
  }

  private static String hour(Answer answer, int hour) {
    return answer
        .out()
        .lines()
        .filter(line -> line.startsWith("03-02 %02d:00".formatted(hour)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(answer.out() + answer.err()));
  }

  @Test
  void shouldRaiseTheBillWhenPricesRise() throws IOException {
    Path prices =
        write(
            "p.csv",
            """
            pool,type,price_per_node_hour,from,until
            h100,OnDemand,38.00,2026-03-02T12:00:00Z,
            """);

    Answer dearer = simulate("--manifests", SAMPLES, "--fixed", "--prices", prices);
    Answer usual = simulate("--manifests", SAMPLES, "--fixed");

    assertThat(total(dearer)).isBetween(1.4 * total(usual), 1.6 * total(usual));
  }

  private static double total(Answer answer) {
    return all(answer, 1);
  }

  /// A column of the last line, that of all hours.
  private static double all(Answer answer, int column) {
    String line =
        answer.out().lines().filter(each -> each.startsWith("all ")).findFirst().orElseThrow();
    return Double.parseDouble(line.strip().split(" +", -1)[column]);
  }

  @Test
  void shouldCompareWaysToScaleOverTheRatesOfAWorkload() throws IOException {
    Path rates =
        write(
            "rates.csv",
            """
            workload,window_start_s,requests_per_s_sum_over_clients,active_clients
            small,0,15,1
            other,0,500,9
            small,300,30,1
            small,600,12,1
            """);
    Path plot = folder.resolve("replicas.svg");

    Answer answer =
        simulate("--suite", "autoscale", "--trace", rates, "--workload", "small", "--plot", plot);
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out())
        .contains("19.0 requests/s on average", "gaps vary by 1.0", "makes 2800 answer tokens/s")
        .contains("optimum", "HPA on queue", "KEDA", "WVA", "static peak", "of 20 plans by minute");
    assertThat(Files.readString(plot)).startsWith("<svg").contains("HPA on concurrency");

    assertThat(simulate("--suite", "autoscale", "--trace", rates, "--workload", "none").err())
        .contains("0 windows of the workload \"none\"");
    assertThat(simulate("--suite", "autoscale", "--burstiness", "1,0").err())
        .contains("--burstiness 0.0: give above 0, up to 10");
  }
}
