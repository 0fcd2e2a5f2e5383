package dev.comptroller.e2e.promises.rests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Counts the operator's writes in the API server's own audit log.
@Tag("integration")
class WritesNothingAtRestTest {
  private static final String OPERATOR =
      "system:serviceaccount:comptroller-system:comptroller-operator";

  /// The longest that a figure which moved stays unpublished on the local fleet.
  private static final long PUBLISH_SECONDS = 20;

  /// How long each phase is watched; `-Drest.seconds=600` makes the long measurement. What costs is
  /// written once per interval, so that phase is watched for longer than one.
  private static final Duration WITHOUT =
      Duration.ofSeconds(Integer.getInteger("rest.seconds", 25));

  private static final Duration WATCHED =
      Duration.ofSeconds(Integer.getInteger("rest.seconds", 25));

  /// Where what was asked for on the same fleet before is saved, once, a minute later at most.
  private static final String CHARGES = "configmaps comptroller-system/comptroller-charges";

  /// How long what a change caused may go on.
  private static final Duration SETTLE = Duration.ofSeconds(10);

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void shouldWriteNothingWithoutReplicasAndOncePerIntervalForWhatCosts() throws Exception {
    LocalFleet fleet = SharedFleet.real();
    Instant started = Instant.now();
    try (Tenant tenant = Tenant.create(fleet, "rests")) {
      tenant.deploy(0, 1, 4, 64, 8);
      tenant.awaitCondition("Ready", it -> !it.isMissingNode());
      boolean asked = fleet.audit().writesOf(OPERATOR, Instant.EPOCH).containsKey(CHARGES);
      Thread.sleep(SETTLE);
      Instant settled = Instant.now();
      Map<String, Integer> none = writesDuring(fleet, WITHOUT);
      System.err.printf("writes in %s without replicas: %s%n", WITHOUT, none);
      if (asked) {
        none.remove(CHARGES, 1);
      }
      assertThat(none).as(() -> changes(fleet, started, none)).isEmpty();

      tenant.scale(1);
      tenant.awaitReady(1);
      tenant.awaitCondition("Ready", it -> "True".equals(it.path("status").asText()));
      Thread.sleep(SETTLE);
      Map<String, Integer> idle = writesDuring(fleet, WATCHED);
      System.err.printf("writes in %s with one idle replica: %s%n", WATCHED, idle);
      int most = (int) Math.ceilDiv(WATCHED.toSeconds(), PUBLISH_SECONDS);
      assertThat(idle)
          .as(() -> changes(fleet, started, idle))
          .allSatisfy((object, writes) -> assertThat(writes).as(object).isLessThanOrEqualTo(most));
      assertThat(idle).containsKey("inferencebudgets rests/budget");
      assertThat(fleet.audit().writesOf(OPERATOR, settled).getOrDefault(CHARGES, 0))
          .as("nothing was asked for since")
          .isLessThanOrEqualTo(asked ? 1 : 0);
    }
  }

  private static String changes(LocalFleet fleet, Instant since, Map<String, Integer> writes) {
    return writes.keySet().stream()
        .map(it -> it + "\n" + String.join("\n", fleet.audit().changesOf(OPERATOR, since, it)))
        .collect(Collectors.joining("\n"));
  }

  private static Map<String, Integer> writesDuring(LocalFleet fleet, Duration watched)
      throws InterruptedException {
    ProcessHandle operator = operator(fleet);
    Duration cpuBefore = operator.info().totalCpuDuration().orElseThrow();
    Instant from = Instant.now();
    Thread.sleep(watched);
    Duration cpu = operator.info().totalCpuDuration().orElseThrow().minus(cpuBefore);
    System.err.printf(
        "operator: %d ms of CPU in %d s, %d MB resident%n",
        cpu.toMillis(), watched.toSeconds(), residentMegabytes(operator));
    return fleet.audit().writesOf(OPERATOR, from);
  }

  /// The operator's process: the node agent's container ids name them.
  private static ProcessHandle operator(LocalFleet fleet) {
    String id =
        fleet
            .kubectl()
            .run(
                "-n",
                "comptroller-system",
                "get",
                "pods",
                "-l",
                "app.kubernetes.io/component=operator",
                "-o",
                "jsonpath={.items[0].status.containerStatuses[0].containerID}");
    return ProcessHandle.of(Long.parseLong(id.strip().replace("process://", ""))).orElseThrow();
  }

  private static long residentMegabytes(ProcessHandle process) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum()
          / 1024;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
