package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class ProcessGroupsTest {
  private final Path folder;

  ProcessGroupsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static boolean lives(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  private long childOf(Path note) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> Files.exists(note) && Files.readString(note).endsWith("\n"));
    try {
      return Long.parseLong(Files.readString(note).strip());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Process family(ProcessGroups groups, Path note) throws Exception {
    return groups.start(
        List.of("/bin/sh", "-c", "sleep 1000 & echo $! >" + note + "; wait"),
        Map.of("PATH", System.getenv("PATH")),
        folder);
  }

  @Test
  void shouldGiveAProcessOnlyTheVariablesItWasGiven() throws Exception {
    try (var groups = new ProcessGroups()) {
      Process process = groups.start(List.of("/usr/bin/env"), Map.of("ONLY", "this"), folder);
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      assertThat(said.lines().filter(l -> !l.startsWith("PWD=") && !l.startsWith("OLDPWD=")))
          .containsExactly("ONLY=this");
    }
  }

  @Test
  void shouldKillAWholeGroup() throws Exception {
    try (var groups = new ProcessGroups()) {
      Process process = family(groups, folder.resolve("a"));
      long child = childOf(folder.resolve("a"));
      groups.kill(process);
      assertThat(process.waitFor()).isEqualTo(137);
      Awaitility.await().until(() -> !lives(child));
    }
  }

  @Test
  void shouldKillWhatALeaderLeavesBehind() throws Exception {
    try (var groups = new ProcessGroups()) {
      Process process = family(groups, folder.resolve("a"));
      long child = childOf(folder.resolve("a"));
      process.destroy();
      assertThat(process.waitFor()).isEqualTo(143);
      assertThat(lives(child)).isTrue();
      groups.end(process);
      Awaitility.await().until(() -> !lives(child));
    }
  }

  @Test
  void shouldKillAllGroupsAtItsEnd() throws Exception {
    Process first;
    Process second;
    try (var groups = new ProcessGroups()) {
      first = family(groups, folder.resolve("a"));
      second = family(groups, folder.resolve("b"));
      childOf(folder.resolve("a"));
      childOf(folder.resolve("b"));
    }
    assertThat(first.waitFor()).isEqualTo(137);
    assertThat(second.waitFor()).isEqualTo(137);
    Awaitility.await().until(() -> !lives(childOf(folder.resolve("a"))));
    Awaitility.await().until(() -> !lives(childOf(folder.resolve("b"))));
  }
}
