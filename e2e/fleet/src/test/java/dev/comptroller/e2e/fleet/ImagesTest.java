package dev.comptroller.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  private static final String OPERATOR = "operator/target/quarkus-app/quarkus-run";
  private static final String GATEWAY = "serving-runtime/gateway/target/gateway-runner";
  private static final String RUNTIME = "serving-runtime/server/target/server-runner";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void shouldStartWithAClassCacheThatIsNotOlderThanTheProgram() throws IOException {
    file(OPERATOR + ".jar", 2_000);
    file(GATEWAY + ".jar", 2_000);
    file(RUNTIME + ".jar", 2_000);
    file(GATEWAY + ".aot", 2_000);
    file(RUNTIME + ".aot", 1_000);

    List<ImageConfig> images = Images.of(new Repository(root), root, List.of());

    assertThat(images).hasSize(3);
    assertThat(words(images, "comptroller/operator")).noneMatch(ImagesTest::isCache);
    assertThat(words(images, "comptroller/runtime")).noneMatch(ImagesTest::isCache);
    assertThat(words(images, "comptroller/gateway"))
        .containsSubsequence(
            "-XX:AOTCache=" + root.resolve(GATEWAY + ".aot"),
            "-jar",
            root.resolve(GATEWAY + ".jar").toString());
  }

  private static boolean isCache(String word) {
    return word.startsWith("-XX:AOTCache");
  }

  private static List<String> words(List<ImageConfig> images, String repository) {
    return images.stream()
        .filter(image -> image.repository().equals(repository))
        .findFirst()
        .orElseThrow()
        .entryPoint();
  }

  private void file(String path, long millis) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
    Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
  }
}
