package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerLogTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  private final Path folder;

  ContainerLogTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private ContainerLog log(long limit) {
    return new ContainerLog(folder, "main", limit, InstantSource.fixed(NOON));
  }

  private static void fill(ContainerLog log, String text) {
    log.fill(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String read(ContainerLog log, String query) throws Exception {
    var out = new ByteArrayOutputStream();
    new LogReader(log, LogQuery.parse(query, NOON.plusSeconds(60)), out).send();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldGiveBackWhatWasWritten() throws Exception {
    ContainerLog log = log(1 << 20);
    fill(log, "one\n\nthree\nno end");
    assertThat(read(log, "")).isEqualTo("one\n\nthree\nno end\n");
    assertThat(read(log, "tailLines=2")).isEqualTo("three\nno end\n");
    assertThat(read(log, "tailLines=0")).isEmpty();
    assertThat(read(log, "limitBytes=5")).isEqualTo("one\n\n");
    assertThat(read(log, "timestamps=true&tailLines=1")).isEqualTo(NOON + " no end\n");
    assertThat(read(log, "sinceSeconds=59")).isEmpty();
    assertThat(read(log, "sinceSeconds=60&tailLines=1")).isEqualTo("no end\n");
    assertThat(read(log, "follow=true&tailLines=1")).isEqualTo("no end\n");
  }

  @Test
  void shouldPutLongLinesTogetherAgain() throws Exception {
    ContainerLog log = log(1 << 20);
    String line = "x".repeat(40_000) + "\n";
    fill(log, line + "end\n");
    assertThat(read(log, "")).isEqualTo(line + "end\n");
    assertThat(read(log, "timestamps=true")).isEqualTo(NOON + " " + line + NOON + " end\n");
  }

  @Test
  void shouldKeepTheYoungestLinesWithinTheLimit() throws Exception {
    ContainerLog log = log(64 << 10);
    String many =
        IntStream.range(0, 20_000).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
    // In small pieces, as a pipe gives them.
    var pipe = new PipedOutputStream();
    var in = new PipedInputStream(pipe, 1024);
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (pipe) {
                    pipe.write(many.getBytes(StandardCharsets.UTF_8));
                  } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
    log.fill(in);
    writer.join();
    assertThat(read(log, "tailLines=2")).isEqualTo("line 19998\nline 19999\n");
    assertThat(many).endsWith(read(log, ""));
    try (var files = Files.list(folder)) {
      assertThat(files.mapToLong(f -> f.toFile().length()).sum()).isLessThan(80 << 10);
    }
  }

  @Test
  void shouldFollowWhatComesUntilTheEnd() throws Exception {
    ContainerLog log = log(1 << 20);
    var pipe = new PipedOutputStream();
    var in = new PipedInputStream(pipe);
    Thread.ofVirtual().start(() -> log.fill(in));
    var out = new ByteArrayOutputStream();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    new LogReader(log, LogQuery.parse("follow=true", NOON), out).send();
                  } catch (java.io.IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    pipe.write("first\n".getBytes(StandardCharsets.UTF_8));
    pipe.flush();
    Awaitility.await().until(() -> out.toString(StandardCharsets.UTF_8).equals("first\n"));
    assertThat(reader.isAlive()).isTrue();
    pipe.write("last\n".getBytes(StandardCharsets.UTF_8));
    pipe.close();
    assertThat(reader.join(Duration.ofSeconds(10))).isTrue();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("first\nlast\n");
  }

  @Test
  void shouldNameTheParameterThatIsWrong() {
    assertThatThrownBy(() -> LogQuery.parse("tailLines=-3", NOON))
        .hasMessage("tailLines: \"-3\" must be a number from 0 on");
    assertThatThrownBy(() -> LogQuery.parse("sinceTime=noon", NOON))
        .hasMessageStartingWith("sinceTime: ");
  }
}
