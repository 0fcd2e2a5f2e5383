package dev.comptroller.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("integration")
class LocalFleetTest {
  private static final Pattern SAME_COUNTS =
      Pattern.compile(
          "usage ledger: (\\d{2,} requests, \\d+ tokens in, \\d+ out), charged .*\\s+client: +\\1");

  @Test
  void shouldRunTheDemoToItsEndAndLeaveNothing() {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    List<Long> others = descendants();
    List<Long> pids;
    Path folder;
    Progress progress = Progress.timed(System.err, InstantSource.system());
    FleetOptions options = FleetOptions.of(ModelCache.Kind.SEEDED).withCredentials();
    try (LocalFleet fleet = LocalFleet.start(options, progress)) {
      pids = new ArrayList<>(descendants());
      pids.removeAll(others);
      folder = fleet.controlPlane().folder();
      new Demo(fleet, ModelCache.Kind.SEEDED, out).run();
    } finally {
      System.out.println(said.toString(StandardCharsets.UTF_8));
    }
    String text = said.toString(StandardCharsets.UTF_8);
    assertThat(text)
        .contains("$ kubectl get md,ib,gnp -A", "Conditions:")
        .containsPattern(SAME_COUNTS);
    assertThat(pids).hasSizeGreaterThan(5).noneMatch(LocalFleetTest::lives);
    assertThat(folder).doesNotExist();
  }

  @Test
  void shouldShowTheModelsInAnyNamespaceItMakes() {
    LocalFleet fleet = SharedFleet.seeded();
    fleet.createNamespace("other-team");
    fleet
        .kubectl()
        .run(
            "wait",
            "pvc/models",
            "-n",
            "other-team",
            "--for=jsonpath={.status.phase}=Bound",
            "--timeout=20s");
    assertThat(fleet.models().folder().resolve("seeded-tiny.gguf")).exists();
  }

  @Test
  void shouldDeclareTwoNodesOfEightGpus() {
    JsonNode nodes =
        SharedFleet.seeded().kubectl().json("get", "nodes", "-l", "comptroller.dev/pool=h100");
    assertThat(nodes.path("items")).hasSize(2);
    for (JsonNode node : nodes.path("items")) {
      assertThat(node.path("status").path("capacity").path("nvidia.com/gpu").asText())
          .isEqualTo("8");
    }
  }

  @Test
  void shouldSayWhichValueOfTheChartIsWrong() {
    LocalFleet fleet = SharedFleet.seeded();
    assertThatThrownBy(() -> fleet.installation().upgrade(List.of(), List.of("noSuchValue=1")))
        .isInstanceOf(FleetException.class)
        .hasMessageContainingAll("helm could not install the chart", "noSuchValue");
  }

  private static List<Long> descendants() {
    return ProcessHandle.current().descendants().map(ProcessHandle::pid).toList();
  }

  private static boolean lives(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }
}
