package dev.comptroller.e2e.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher must leave no process and no folder, however it ends.
@Tag("integration")
class MainTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir private Path parent = Path.of(".");
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void killWhatATestLeft() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void shouldLeaveNothingWhenStandardInputEnds() throws Exception {
    Process launcher = start(javaCommand());
    List<Long> pids = awaitPids(launcher);
    launcher.getOutputStream().close();
    assertThat(launcher.waitFor()).isZero();
    assertNothingLeft(pids);
  }

  @Test
  void shouldLeaveNothingWhenItIsTerminated() throws Exception {
    Process launcher = start(javaCommand());
    List<Long> pids = awaitPids(launcher);
    launcher.destroy();
    launcher.waitFor();
    assertNothingLeft(pids);
  }

  @Test
  void shouldLeaveNothingWhenItIsKilled() throws Exception {
    Process launcher = start(javaCommand());
    List<Long> pids = awaitPids(launcher);
    launcher.destroyForcibly();
    assertNothingLeft(pids);
  }

  @Test
  void shouldLeaveNothingWhenItIsKilledWhileItStarts() throws Exception {
    Process launcher = start(javaCommand());
    await().atMost(SOON).until(() -> !pidsIn(parent).isEmpty());
    List<Long> pids = pidsIn(parent);
    launcher.destroyForcibly();
    assertNothingLeft(pids);
  }

  @Test
  void shouldLeaveNothingWhenItsParentIsKilled() throws Exception {
    // The shell keeps the launcher's standard input open, so only the parent's death tells.
    String line = String.join(" ", javaCommand().stream().map(it -> "'" + it + "'").toList());
    Process shell = start(List.of("sh", "-c", "sleep 600 | " + line + "; true"));
    List<Long> pids = awaitPids(shell);
    List<ProcessHandle> family = shell.descendants().toList();
    shell.destroyForcibly();
    assertNothingLeft(pids);
    family.forEach(ProcessHandle::destroyForcibly);
  }

  private List<String> javaCommand() {
    return List.of(
        ProcessHandle.current().info().command().orElseThrow(),
        "-XX:TieredStopAtLevel=1",
        "-Djava.io.tmpdir=" + parent,
        "-cp",
        System.getProperty("java.class.path"),
        "dev.comptroller.e2e.controlplane.Main",
        "up",
        "--api-only");
  }

  private Process start(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    started.add(process);
    return process;
  }

  /// Waits for the kubeconfig's path on standard output and gives the pids of the parts.
  private List<Long> awaitPids(Process launcher) throws IOException {
    BufferedReader reader = launcher.inputReader();
    String kubeconfig = reader.readLine();
    assertThat(kubeconfig).as("path of the kubeconfig").isNotNull();
    assertThat(Path.of(kubeconfig)).exists();
    List<Long> pids = pidsIn(parent);
    assertThat(pids).hasSize(2).allMatch(Run::lives);
    return pids;
  }

  private static List<Long> pidsIn(Path parent) throws IOException {
    try (var files = Files.find(parent, 3, (it, _) -> it.toString().contains("/pids/"))) {
      return files.map(it -> Long.valueOf(it.getFileName().toString())).toList();
    }
  }

  private void assertNothingLeft(List<Long> pids) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(pids).noneMatch(Run::lives);
              try (var files = Files.list(parent)) {
                assertThat(files.filter(it -> !it.endsWith("hsperfdata_root"))).isEmpty();
              }
            });
  }
}
