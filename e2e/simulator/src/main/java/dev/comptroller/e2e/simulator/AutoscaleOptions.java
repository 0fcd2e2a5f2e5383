package dev.comptroller.e2e.simulator;

import dev.comptroller.e2e.simulator.autoscale.AutoscaleSuite;
import dev.comptroller.e2e.simulator.scenario.Weeks.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// What the suite autoscale can be told beside what all suites can.
final class AutoscaleOptions {
  @Option(
      names = "--workload",
      paramLabel = "NAME",
      description = "of the suite autoscale: whose rates of the trace (default: m-large)")
  private String workload = "m-large";

  @Option(
      names = "--share",
      paramLabel = "PART",
      description = "of the suite autoscale: part of the requests (default: 1)")
  private double share = 1;

  @Option(
      names = "--steps",
      description =
          "of the suite autoscale: rates jump from window to window; default: they change along"
              + " lines")
  private boolean steps;

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      description =
          "of the suite autoscale without a trace: a week that is ${COMPLETION-CANDIDATES}"
              + " (default: Diurnal)")
  private Shape shape = Shape.Diurnal;

  @Option(
      names = "--burstiness",
      paramLabel = "CV",
      split = ",",
      description =
          "of the suite autoscale: coefficients of variation of the gaps between requests, 1 is"
              + " Poisson (default: 1)")
  private List<Double> burstiness = new ArrayList<>(List.of(1.0));

  @Option(
      names = "--deferrable",
      paramLabel = "PART",
      description = "of the suite autoscale: part of the requests that may wait (default: 0)")
  private double deferrable;

  @Option(
      names = "--window-hours",
      paramLabel = "H",
      description = "of the suite autoscale: how long they may (default: 24)")
  private double windowHours = 24;

  @Option(
      names = "--start-seconds",
      paramLabel = "S",
      description =
          "of the suite autoscale: from asking for a replica until it serves (default: 180)")
  private int startSeconds = 180;

  @Option(
      names = "--max-queued",
      paramLabel = "N",
      description =
          "of the suite autoscale: requests that a replica queues, the next one is refused (default:"
              + " 256; 13 are what one serves within half of the promised time to the first token)")
  private int maxQueued = 256;

  @Option(
      names = "--skip-days",
      paramLabel = "N",
      description = "of the suite autoscale: days at the beginning that are left out (default: 0)")
  private int skipDays;

  AutoscaleSuite.Options with(
      CommandSpec spec,
      @Nullable Path trace,
      int days,
      long seed,
      int threads,
      @Nullable Path plot) {
    if (!(share > 0 && share <= 100)) {
      throw wrong(spec, "--share %s: give a part above 0, up to 100".formatted(share));
    }
    for (double variation : burstiness) {
      if (!(variation > 0 && variation <= 10)) {
        throw wrong(spec, "--burstiness %s: give above 0, up to 10".formatted(variation));
      }
    }
    if (!(deferrable >= 0 && deferrable < 1)) {
      throw wrong(spec, "--deferrable %s: give 0 to below 1".formatted(deferrable));
    }
    if (!(windowHours > 0 && windowHours <= 1_000)) {
      throw wrong(spec, "--window-hours %s: give above 0, up to 1000".formatted(windowHours));
    }
    if (startSeconds < 0 || startSeconds > 3_600) {
      throw wrong(spec, "--start-seconds %d: give 0 to 3600".formatted(startSeconds));
    }
    if (maxQueued < 1 || maxQueued > 100_000) {
      throw wrong(spec, "--max-queued %d: give 1 to 100000".formatted(maxQueued));
    }
    if (skipDays < 0 || skipDays > 100_000) {
      throw wrong(spec, "--skip-days %d: give 0 to 100000".formatted(skipDays));
    }
    return new AutoscaleSuite.Options(
        trace,
        workload,
        share,
        steps,
        shape,
        burstiness,
        deferrable,
        windowHours,
        startSeconds,
        maxQueued,
        skipDays,
        days,
        seed,
        threads,
        plot);
  }

  private static ParameterException wrong(CommandSpec spec, String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
