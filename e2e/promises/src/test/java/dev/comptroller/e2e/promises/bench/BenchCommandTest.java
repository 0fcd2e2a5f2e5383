package dev.comptroller.e2e.promises.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.fleet.Command;
import dev.comptroller.e2e.fleet.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The list of `./comptroller bench` and its refusals; the benches themselves take minutes to
/// hours.
@Tag("integration")
class BenchCommandTest {
  private static final Path ROOT = Repository.here().root();

  private static Command.Result bench(String... arguments) {
    return Command.of(
            Stream.concat(
                    Stream.of(ROOT.resolve("comptroller").toString(), "bench"),
                    Stream.of(arguments))
                .toArray(String[]::new))
        .run();
  }

  private static List<String> rows() {
    return bench().output().lines().filter(line -> line.contains(" | ")).toList();
  }

  @Test
  void shouldListEveryBenchWithItsTimeAndItsPromise() {
    assertThat(rows())
        .hasSizeGreaterThanOrEqualTo(20)
        .allMatch(row -> row.matches("  [a-z-]+ +\\| (hours|[0-9]+ (min|h)) *\\| .{40,}"));
    assertThat(bench().status()).isZero();
  }

  @Test
  void shouldListWhatLiesInTheFolderOfBenches() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("e2e/bench"))) {
      assertThat(rows().stream().map(row -> row.strip().split(" ", 2)[0]))
          .containsAll(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> !name.equals("run") && name.matches("[a-z]+"))
                  .toList());
    }
  }

  @Test
  void shouldRunEachBenchThatItLists() throws IOException {
    String script = Files.readString(ROOT.resolve("e2e/bench/run"));
    String cases = script.substring(script.indexOf("case ${name"));
    assertThat(rows().stream().map(row -> row.strip().split(" ", 2)[0]))
        .allSatisfy(name -> assertThat(cases).containsPattern("(?m)^  (.*\\| )?" + name + "[) ]"));
  }

  @Test
  void shouldNameABenchThatDoesNotExist() {
    Command.Result result = bench("square-circles");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output()).contains("there is no bench 'square-circles'", "square-waves");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stranding --trace", "capacity --data"})
  void shouldSayWhichFileABenchNeeds(String needs) {
    Command.Result result = bench(needs.split(" ", 2)[0]);
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output()).contains(needs.replace(" ", " needs ") + " FILE");
  }
}
