package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.engine.GpuMeter;
import dev.comptroller.engine.VirtualClock;
import dev.comptroller.metering.WorkCost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final long EPOCH = 1_800_000_000_000_000_000L;

  @TempDir private Path folder = Path.of("");

  private final Json json = new Json(1 << 20);
  private final VirtualClock clock = new VirtualClock();

  @Test
  void shouldGoOnAfterAnOrderlyEndWithoutAnythingUnobserved() throws Exception {
    Path file = folder.resolve("journal.json");
    run(file, 700);
    Journal.Content next = Journal.recover(file, 2, EPOCH + 1_000, json);
    assertThat(next.states())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("start", 600L, "idle", 1_400L, "unobserved", 0L));
    assertThat(next.crashes()).isZero();
    assertThat(next.atNs()).isEqualTo(EPOCH + 1_000);
  }

  @Test
  void shouldCallAtMostOneIntervalUnobservedAfterACrash() throws Exception {
    Path file = folder.resolve("journal.json");
    run(file, 700);
    String ended = Files.readString(file);
    Files.writeString(file, ended.replace("\"ended\":true", "\"ended\":false"));
    long interval = Duration.ofHours(1).toNanos();
    assertThat(Journal.recover(file, 2, EPOCH + 1_000, json).states())
        .containsEntry("unobserved", 600L);
    Journal.Content late = Journal.recover(file, 2, EPOCH + 2 * interval, json);
    assertThat(late.states()).containsEntry("unobserved", 2 * interval);
    assertThat(late.states().values().stream().mapToLong(n -> n).sum()).isEqualTo(4 * interval);
    assertThat(late.crashes()).isEqualTo(1);
    assertThat(Journal.recover(file, 2, EPOCH, json).atNs())
        .as("a clock that went back counts nothing twice")
        .isEqualTo(EPOCH + 700);
  }

  @Test
  void shouldSetAFileAsideThatIsNoJournal() throws Exception {
    Path file = Files.writeString(folder.resolve("journal.json"), "{\"schema\":1,\"gpus\":");
    assertThat(Journal.recover(file, 2, EPOCH, json)).isEqualTo(Journal.Content.first(2, EPOCH));
    assertThat(file).doesNotExist();
    assertThat(folder.resolve("journal.json.unreadable")).exists();
    run(file, 700);
    Files.writeString(file, Files.readString(file).replace("\"idle\":1400", "\"idle\":1401"));
    assertThat(Journal.recover(file, 2, EPOCH, json).states()).as("sums are checked").isEmpty();
  }

  @Test
  void shouldRefuseTheJournalOfAnotherNumberOfGpus() throws Exception {
    Path file = folder.resolve("journal.json");
    run(file, 700);
    assertThatThrownBy(() -> Journal.recover(file, 4, EPOCH, json))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is of 2 GPUs, but --gpus is 4");
  }

  private void run(Path file, long nanos) throws Exception {
    clock.nanos(-clock.getAsLong());
    var meter = new GpuMeter(2, clock, 0, Map.of(), 0);
    meter.serve(new WorkCost(1, 1, 1));
    Journal.Content before = Journal.recover(file, 2, EPOCH, json);
    try (var _ = Journal.start(file, Duration.ofHours(1), before, meter, EPOCH, json)) {
      clock.nanos(nanos);
    }
  }
}
