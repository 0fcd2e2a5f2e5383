package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.e2e.nodeagent.AtomicFolder.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders on disk: atomic content, and paths of the node.
class VolumeFilesTest {
  private final Path temp;

  VolumeFilesTest(@TempDir Path temp) {
    this.temp = temp;
  }

  private static Content text(String text, int mode) {
    return Content.of(text.getBytes(StandardCharsets.UTF_8), mode);
  }

  @Test
  void shouldShowExactlyTheFilesOfTheLastWrite() throws Exception {
    var folder = new AtomicFolder(temp.resolve("v"));
    assertThat(folder.write(Map.of("a", text("1", 0644), "d/b", text("2", 0400)))).isTrue();
    assertThat(Files.readString(temp.resolve("v/a"))).isEqualTo("1");
    assertThat(Files.readString(temp.resolve("v/d/b"))).isEqualTo("2");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("v/d/b"))))
        .isEqualTo("r--------");
    assertThat(folder.write(Map.of("a", text("1", 0644), "d/b", text("2", 0400)))).isFalse();
    assertThat(folder.write(Map.of("a", text("3", 0644), "c", text("4", 0644)))).isTrue();
    assertThat(Files.readString(temp.resolve("v/a"))).isEqualTo("3");
    assertThat(Files.readString(temp.resolve("v/c"))).isEqualTo("4");
    assertThat(temp.resolve("v/d")).doesNotExist();
    try (var left = Files.list(temp.resolve("v"))) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("a", "c", "..data", "..2");
    }
  }

  @Test
  void shouldHoldAnEmptyFolder() throws Exception {
    assertThat(new AtomicFolder(temp.resolve("v")).write(Map.of())).isTrue();
    assertThat(temp.resolve("v/..data")).isDirectory();
  }

  @Test
  void shouldRefuseAFileOutsideItsVolume() {
    var folder = new AtomicFolder(temp.resolve("v"));
    assertThatThrownBy(() -> folder.write(Map.of("../../x", text("1", 0644))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("../../x");
  }

  @Test
  void shouldDeleteATreeWithoutFollowingLinks() throws Exception {
    Path kept = Files.writeString(Files.createDirectories(temp.resolve("kept")).resolve("f"), "x");
    Path tree = Files.createDirectories(temp.resolve("tree/sub"));
    Files.createSymbolicLink(tree.resolve("link"), kept.getParent());
    AtomicFolder.deleteTree(temp.resolve("tree"));
    assertThat(temp.resolve("tree")).doesNotExist();
    assertThat(kept).exists();
  }

  @Test
  void shouldResolvePathsOfTheNodeThroughTheLongestPrefix() throws Exception {
    Files.createDirectories(temp.resolve("short/x"));
    Files.createDirectories(temp.resolve("long"));
    var paths =
        new VolumePaths(Map.of("/mnt", temp.resolve("short"), "/mnt/deep/", temp.resolve("long")));
    assertThat(paths.resolve("/mnt/x")).contains(temp.resolve("short/x"));
    assertThat(paths.resolve("/mnt/deep/")).contains(temp.resolve("long"));
    assertThat(paths.resolve("/mnt/none")).isEmpty();
    assertThat(paths.resolve("/mntx")).isEmpty();
    assertThat(paths.resolve(temp.toString())).contains(temp);
  }
}
