package dev.comptroller.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The committed YAML and reference pages are what the types generate.
/// With `-Dcrds.regenerate=true` they are written anew first.
class CrdGoldenTest {
  private static final Path YAML = Path.of("src/main/crds");
  private static final Path PAGES = Path.of("../docs/reference");
  private static final String CURE =
      "differs from what the types generate; to write it anew run:"
          + " mvn test -pl crds -am -Dtest=CrdGoldenTest -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Dcrds.regenerate=true";

  @BeforeAll
  static void regenerateOnRequest() throws IOException {
    if (Boolean.getBoolean("crds.regenerate")) {
      CrdWriter.main(new String[] {YAML.toString()});
      CrdReference.main(new String[] {PAGES.toString()});
    }
  }

  @Test
  void shouldHaveCommittedTheYamlThatTheTypesGenerate() {
    assertSame(YAML, CrdWriter.files());
  }

  @Test
  void shouldHaveCommittedTheReferenceThatTheTypesGenerate() {
    assertSame(PAGES, CrdReference.files());
  }

  private static void assertSame(Path folder, SortedMap<String, String> expected) {
    SortedMap<String, String> committed = read(folder);
    assertThat(committed.keySet())
        .as("files in %s: the set %s", folder, CURE)
        .isEqualTo(expected.keySet());
    expected.forEach(
        (file, content) ->
            assertThat(committed.get(file))
                .as("%s %s", folder.resolve(file), CURE)
                .isEqualTo(content));
  }

  private static SortedMap<String, String> read(Path folder) {
    SortedMap<String, String> files = new TreeMap<>();
    try (Stream<Path> list = Files.exists(folder) ? Files.list(folder) : Stream.of()) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
