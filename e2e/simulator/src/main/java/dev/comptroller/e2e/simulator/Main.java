package dev.comptroller.e2e.simulator;

import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.e2e.simulator.control.Broken;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.input.Case;
import dev.comptroller.e2e.simulator.input.InputException;
import dev.comptroller.e2e.simulator.input.Manifests;
import dev.comptroller.e2e.simulator.input.Trace;
import dev.comptroller.e2e.simulator.input.Traces;
import dev.comptroller.e2e.simulator.report.HourTable;
import dev.comptroller.e2e.simulator.report.Plot;
import dev.comptroller.e2e.simulator.world.Service;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `simulate` on the command line.
@Command(
    name = "./comptroller simulate",
    description = {
      "Runs your manifests through the operator's own decisions over a simulated fleet: days in"
          + " seconds, the same every time.",
      "Prints spend, dollars per million tokens (CPM), SLO attainment, refusals, downgrades and"
          + " replicas by rung for each hour."
    },
    mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
  private static final long DAY = 86_400;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--manifests",
      paramLabel = "DIR",
      description = "GpuNodePools, InferenceBudgets and ModelDeployments (default: samples)")
  private Path manifests = Path.of("samples");

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "requests as CSV or JSON lines: timestamp, input_tokens, output_tokens, class, feature;"
              + " Azure's and Mooncake's traces as they are. A short one is repeated. Default: a"
              + " synthetic day. Of the suite autoscale: rates by window, as ServeGen's")
  private @Nullable Path trace;

  @Option(
      names = "--prices",
      paramLabel = "CSV",
      description = "later prices: pool,type,price_per_node_hour,from,until")
  private @Nullable Path prices;

  @Option(names = "--namespace", paramLabel = "NAME", description = "where the manifests hold more")
  private @Nullable String namespace;

  @Option(names = "--days", paramLabel = "N", description = "how long (default: 1)")
  private int days = 1;

  @Option(names = "--seed", paramLabel = "N", description = "of chance (default: 1)")
  private long seed = 1;

  @Option(names = "--fixed", description = "replicas stay as declared; default: they follow demand")
  private boolean fixed;

  @Option(names = "--plot", paramLabel = "FILE.svg", description = "writes a plot")
  private @Nullable Path plot;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description = "runs a suite in full size instead: ${COMPLETION-CANDIDATES}")
  private @Nullable Suite suite;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "of the suite overshoot (default: ${DEFAULT-VALUE})",
      defaultValue = "1000000")
  private long trials;

  @Option(
      names = "--worlds",
      paramLabel = "N",
      description = "of the suites hard_limit and money_cap: how many, each with a seed of its own")
  private int worlds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "of the suites hard_limit and autoscale: worlds that run at once (default: 1)")
  private int threads = 1;

  @Mixin private AutoscaleOptions autoscale = new AutoscaleOptions();

  private Main() {}

  /// Entry point; exits with 1 when an invariant is broken and 2 on wrong options or input.
  public static void main(String[] arguments) {
    System.exit(line().execute(arguments));
  }

  static CommandLine line() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, line, _) -> {
              line.getErr().println("comptroller: " + failure.getMessage());
              return failure instanceof InputException ? 2 : 1;
            });
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (days < 1 || days > 100_000) {
      throw new ParameterException(
          spec.commandLine(), "--days %d: give 1 to 100000".formatted(days));
    }
    if (trials < 1) {
      throw new ParameterException(
          spec.commandLine(), "--trials %d: give 1 or more".formatted(trials));
    }
    if (worlds < 0 || worlds > 100_000 || threads < 1 || threads > 1_000) {
      throw new ParameterException(
          spec.commandLine(),
          "--worlds %d and --threads %d: give 0 to 100000 and 1 to 1000"
              .formatted(worlds, threads));
    }
    if (suite != null) {
      boolean given = spec.commandLine().getParseResult().hasMatchedOption("--days");
      boolean held =
          suite.run(
              out,
              new Suite.Size(
                  seed,
                  given ? days : 0,
                  worlds,
                  threads,
                  trace == null || suite == Suite.AUTOSCALE ? null : Traces.read(trace),
                  trials,
                  autoscale.with(spec, trace, given ? days : 0, seed, threads, plot)));
      out.flush();
      return held ? 0 : 1;
    }
    @Nullable Trace requests = trace == null ? null : Traces.read(trace);
    Case mine =
        Case.of(
            Manifests.read(manifests),
            new Case.Options(requests, prices, namespace, seed, Case.START, fixed));
    Setup setup = mine.setup();
    mine.notes().forEach(note -> out.println("note: " + note));
    Simulation run = new Simulation(setup, MoneyLoop::decide);
    try {
      run.run(setup.start() + days * DAY);
    } catch (Broken broken) {
      out.flush();
      throw broken;
    }
    print(out, setup, run);
    return 0;
  }

  private void print(PrintWriter out, Setup setup, Simulation run) throws IOException {
    Service service = setup.services().getFirst();
    out.printf(
        "namespace %s: $%s a %s, seed %d, %d days of simulated time%n%n",
        setup.policy().namespace(),
        setup.policy().amount().print(2),
        setup.policy().calendar().period(),
        seed,
        days);
    out.print(HourTable.of(run, service, setup.policy().calendar().zone()));
    out.printf(
        "%d checks of %d invariants held; at most $%.2f of $%s stood for X%n",
        run.invariants().checks(),
        6,
        run.invariants().highestReserve() / 1e6,
        setup.policy().amount().print(2));
    if (plot != null) {
      Files.writeString(
          plot, Plot.of(run, service, "%s, seed %d".formatted(setup.policy().namespace(), seed)));
      out.println("plot: " + plot);
    }
    out.flush();
  }
}
