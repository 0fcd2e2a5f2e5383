package dev.comptroller.e2e.promises.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.fleet.Demo;
import dev.comptroller.e2e.fleet.FleetOptions;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.ModelCache;
import dev.comptroller.e2e.fleet.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What `./comptroller demo` shows, on a fleet of its own.
@Tag("integration")
class DemoTest {
  private static final Pattern SAME_COUNTS =
      Pattern.compile(
          "usage ledger: (\\d{2,} requests, \\d+ tokens in, \\d+ out), charged .*\\s+client: +\\1");

  @Test
  void shouldRunToItsEndAndLeaveNothing() {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    List<ProcessHandle> others = ProcessHandle.current().children().toList();
    List<Long> pids;
    Path folder;
    Progress progress = Progress.timed(System.err, InstantSource.system());
    FleetOptions options = FleetOptions.of(ModelCache.Kind.SEEDED).withCredentials();
    try (LocalFleet fleet = LocalFleet.start(options, progress)) {
      pids = startedBeside(others);
      folder = fleet.controlPlane().folder();
      new Demo(fleet, ModelCache.Kind.SEEDED, out).run();
    } finally {
      System.out.println(said.toString(StandardCharsets.UTF_8));
    }
    String text = said.toString(StandardCharsets.UTF_8);
    assertThat(text)
        .contains("$ kubectl get md,ib,gnp -A", "Conditions:")
        .containsPattern(SAME_COUNTS);
    assertThat(pids).hasSizeGreaterThan(5).noneMatch(DemoTest::lives);
    assertThat(folder).doesNotExist();
  }

  /// What this process started since `others`, and what that did: a fleet that tests share may be
  /// among these.
  private static List<Long> startedBeside(List<ProcessHandle> others) {
    return ProcessHandle.current()
        .children()
        .filter(child -> !others.contains(child))
        .flatMap(child -> Stream.concat(Stream.of(child), child.descendants()))
        .map(ProcessHandle::pid)
        .toList();
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
