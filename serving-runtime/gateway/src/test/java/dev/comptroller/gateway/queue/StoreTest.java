package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.meter.Usage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Owner OWNER = new Owner("team-a", "night");
  private static final Duration LEASE = Duration.ofSeconds(60);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  /// The stores of one data folder, as one process has them.
  private final class Stores implements AutoCloseable {
    final QueueDatabase database;
    final ItemStore items;
    final BatchStore batches;
    final FileStore files;
    Instant now = START;

    Stores() throws Exception {
      database = QueueDatabase.open(folder.resolve("queue.db"));
      items = new ItemStore(database);
      batches = new BatchStore(database);
      files = new FileStore(database, folder, Clock.fixed(START, ZoneOffset.UTC));
    }

    StoredFile file(String content) throws Exception {
      String id = FileStore.newId();
      try (FileStore.Draft draft = files.draft(id)) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        draft.write(bytes, bytes.length);
        return files.keep(draft, id, new FileStore.Description(OWNER, "in.jsonl", "batch", null));
      }
    }

    Batch batch(int items, Duration window) throws Exception {
      Batch batch =
          batches
              .create(
                  new BatchStore.Submission(
                      OWNER,
                      "/v1/completions",
                      file("x").id(),
                      "24h",
                      null,
                      now,
                      now.plus(window),
                      null,
                      new Batch.Promise(true, "", null),
                      50,
                      List.of()))
              .orElseThrow();
      List<ItemStore.Read> lines = new ArrayList<>();
      for (int i = 1; i <= items; i++) {
        lines.add(new ItemStore.Read(i, i * 10L, 9, "id" + i, "team-a/chat", "team-a", 5, null));
      }
      assertThat(this.items.add(batch, lines)).isTrue();
      this.items.release(batch, now);
      return batches.at(batch.sequence());
    }

    List<Claimed> claim(int slots, int suspects) throws Exception {
      return items
          .claim(new ItemStore.Ask("team-a/chat", slots, suspects, List.of(), Set.of(), LEASE), now)
          .items();
    }

    Answer answer(boolean success, String result) {
      return new Answer(
          success, result, "large", "r", new Usage(3, 0, 2, false), null, 1L, null, 5);
    }

    Publisher publisher() {
      return new Publisher(database, batches, files, Clock.fixed(now, ZoneOffset.UTC));
    }

    /// The counters of a batch beside a count of its items.
    void check(Batch batch) throws Exception {
      Map<String, Long> counted = new TreeMap<>();
      var _ =
          database.read(
              connection ->
                  Sql.list(
                      connection,
                      "SELECT state, COUNT(*) FROM item WHERE batch = ? GROUP BY state",
                      row -> counted.put(row.getString(1), row.getLong(2)),
                      batch.sequence()));
      Batch.Counts counts = batches.at(batch.sequence()).counts();
      assertThat(counts)
          .isEqualTo(
              new Batch.Counts(
                  counted.values().stream().mapToLong(it -> it).sum(),
                  counted.getOrDefault("answered", 0L) + counted.getOrDefault("done", 0L),
                  counted.getOrDefault("failed", 0L),
                  counted.getOrDefault("expired", 0L),
                  counted.getOrDefault("cancelled", 0L)));
    }

    String content(Owner owner, String file) throws Exception {
      assertThat(files.find(owner, file)).isPresent();
      try (var in = files.open(file)) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }

    @Override
    public void close() {
      database.close();
    }
  }

  @Test
  void shouldRefuseTheWriteOfAWorkerWhoseLeaseEnded() throws Exception {
    try (Stores stores = new Stores()) {
      Batch batch = stores.batch(1, Duration.ofHours(1));
      Claimed slow = stores.claim(5, 5).getFirst();
      assertThat(stores.claim(5, 5)).isEmpty();
      stores.now = START.plus(LEASE).plusMillis(1);
      assertThat(stores.items.takeBack(stores.now, stores.now)).isEqualTo(1);
      Claimed second = stores.claim(5, 5).getFirst();
      assertThat(second.attempt()).isEqualTo(slow.attempt() + 1);
      assertThat(second.requestId()).isEqualTo(slow.requestId());

      assertThat(stores.items.answer(slow, stores.answer(true, "late"), stores.now)).isFalse();
      assertThat(stores.items.putBack(slow, stores.now, true, stores.now)).isFalse();
      assertThat(stores.items.answer(second, stores.answer(true, "in time"), stores.now)).isTrue();
      assertThat(stores.items.answer(second, stores.answer(true, "twice"), stores.now)).isFalse();
      assertThat(stores.items.billed(second.sequence(), 0)).isTrue();
      assertThat(stores.items.billed(second.sequence(), 0)).isFalse();
      stores.publisher().publish();
      Batch done = stores.batches.at(batch.sequence());
      assertThat(done.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(stores.content(OWNER, String.valueOf(done.outputFile()))).isEqualTo("in time\n");
    }
  }

  @Test
  void shouldRenewALeaseOnlyForTheRunThatHoldsIt() throws Exception {
    try (Stores stores = new Stores()) {
      Batch _ = stores.batch(1, Duration.ofHours(1));
      Claimed run = stores.claim(1, 1).getFirst();
      stores.items.renew(List.of(run), START.plus(LEASE.multipliedBy(3)));
      Instant later = START.plus(LEASE.multipliedBy(2));
      assertThat(stores.items.takeBack(later, later)).isZero();
      assertThat(stores.items.takeBack(START.plus(LEASE.multipliedBy(4)), later)).isEqualTo(1);
    }
  }

  @Test
  void shouldTakeTheEarliestDeadlineFirstAcrossBatches() throws Exception {
    try (Stores stores = new Stores()) {
      Batch late = stores.batch(3, Duration.ofHours(3));
      Batch soon = stores.batch(2, Duration.ofHours(1));
      assertThat(stores.claim(3, 3))
          .extracting(Claimed::batch)
          .containsExactly(soon.sequence(), soon.sequence(), late.sequence());
    }
  }

  @Test
  void shouldBillNothingThatFinishesAfterTheWindow() throws Exception {
    try (Stores stores = new Stores()) {
      Batch batch = stores.batch(4, Duration.ofMinutes(1));
      List<Claimed> runs = stores.claim(3, 3);
      assertThat(stores.items.answer(runs.get(0), stores.answer(true, "done"), stores.now))
          .isTrue();
      stores.now = batch.deadline();
      assertThat(stores.items.answer(runs.get(1), stores.answer(true, "late"), stores.now))
          .isFalse();
      assertThat(stores.items.expire(batch, stores.now)).isEqualTo(3);
      assertThat(stores.items.answer(runs.get(2), stores.answer(true, "later"), stores.now))
          .isFalse();
      stores.check(batch);
      stores.publisher().publish();
      assertThat(stores.batches.at(batch.sequence()).state()).isEqualTo(BatchState.IN_PROGRESS);
      assertThat(stores.items.billed(runs.get(0).sequence(), 0)).isTrue();
      stores.publisher().publish();
      Batch over = stores.batches.at(batch.sequence());
      assertThat(over.state()).isEqualTo(BatchState.EXPIRED);
      assertThat(stores.content(OWNER, String.valueOf(over.outputFile()))).isEqualTo("done\n");
      assertThat(stores.content(OWNER, String.valueOf(over.errorFile())).lines())
          .hasSize(3)
          .allMatch(line -> line.contains("batch_expired"));
    }
  }

  @Test
  void shouldKeepCountsAndOneLinePerItemWhateverTheOrderOfEventsAndRestarts() throws Exception {
    for (int seed = 0; seed < Integer.getInteger("comptroller.queue.seeds", 4); seed++) {
      Random random = new Random(seed);
      Files.deleteIfExists(folder.resolve("queue.db"));
      Stores stores = new Stores();
      Batch batch = stores.batch(12, Duration.ofHours(1));
      List<Claimed> runs = new ArrayList<>();
      for (int step = 0; step < 80; step++) {
        stores.now = stores.now.plusSeconds(random.nextInt(40));
        switch (random.nextInt(9)) {
          case 0, 1, 2 -> runs.addAll(stores.claim(1 + random.nextInt(3), random.nextInt(3)));
          case 3, 4 -> {
            if (!runs.isEmpty()) {
              Claimed run = runs.get(random.nextInt(runs.size()));
              boolean success = random.nextInt(4) > 0;
              if (stores.items.answer(
                  run, stores.answer(success, "line " + run.line()), stores.now)) {
                assertThat(stores.items.billed(run.sequence(), 0)).isEqualTo(success);
              }
            }
          }
          case 5 -> {
            if (!runs.isEmpty()) {
              Claimed run = runs.get(random.nextInt(runs.size()));
              boolean _ = stores.items.putBack(run, stores.now, random.nextBoolean(), stores.now);
            }
          }
          case 6 -> {
            int _ = stores.items.takeBack(stores.now, stores.now);
          }
          case 7 -> {
            Instant now = stores.now;
            stores.close();
            stores = new Stores();
            stores.now = now;
          }
          default -> {
            if (random.nextInt(30) == 0) {
              stores.batches.cancel(batch, stores.now);
            }
            stores.publisher().publish();
          }
        }
        stores.check(batch);
      }
      stores.now = stores.now.plus(Duration.ofDays(1));
      int _ = stores.items.expire(batch, stores.now);
      stores.publisher().publish();
      Batch over = stores.batches.at(batch.sequence());
      assertThat(over.state().terminal()).isTrue();
      List<String> lines = new ArrayList<>();
      for (String file : new String[] {over.outputFile(), over.errorFile()}) {
        if (file != null) {
          lines.addAll(stores.content(OWNER, file).lines().toList());
        }
      }
      assertThat(lines).hasSize(12);
      stores.batches.cancel(over, stores.now);
      stores.publisher().publish();
      assertThat(stores.batches.at(batch.sequence())).isEqualTo(over);
      stores.close();
    }
  }

  @Test
  void shouldPublishTheSameFilesAfterACrashBetweenTheFilesAndTheEndOfTheBatch() throws Exception {
    String output = FileStore.newId();
    long sequence;
    try (Stores stores = new Stores()) {
      Batch batch = stores.batch(1, Duration.ofHours(1));
      sequence = batch.sequence();
      Claimed run = stores.claim(1, 1).getFirst();
      assertThat(stores.items.answer(run, stores.answer(true, "only"), stores.now)).isTrue();
      assertThat(
              stores.batches.beginFinalizing(batch, BatchState.COMPLETED, output, null, stores.now))
          .as("an item is not billed yet")
          .isFalse();
      assertThat(stores.items.billed(run.sequence(), 0)).isTrue();
      assertThat(
              stores.batches.beginFinalizing(batch, BatchState.COMPLETED, output, null, stores.now))
          .isTrue();
      assertThat(
              stores.batches.beginFinalizing(
                  batch, BatchState.COMPLETED, FileStore.newId(), null, stores.now))
          .as("a second finalizer")
          .isFalse();
      try (FileStore.Draft draft = stores.files.draft(output)) {
        byte[] bytes = "only\n".getBytes(StandardCharsets.UTF_8);
        draft.write(bytes, bytes.length);
        draft.publish(output);
      }
      Files.writeString(folder.resolve("files").resolve(FileStore.newId()), "no row came");
      Files.writeString(folder.resolve("drafts").resolve(FileStore.newId()), "half");
    }
    try (Stores stores = new Stores()) {
      stores.files.recover();
      stores.publisher().publish();
      Batch done = stores.batches.at(sequence);
      assertThat(done.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(done.outputFile()).isEqualTo(output);
      assertThat(stores.content(OWNER, output)).isEqualTo("only\n");
      try (var left = Files.list(folder.resolve("files"))) {
        assertThat(left.map(path -> path.getFileName().toString()))
            .containsExactlyInAnyOrder(output, done.inputFile());
      }
      assertThat(folder.resolve("drafts")).isEmptyDirectory();
    }
  }

  @Test
  void shouldShowFilesToTheirOwnerOnlyAndNeverLeaveItsFolder() throws Exception {
    try (Stores stores = new Stores()) {
      StoredFile file = stores.file("secret");
      assertThat(stores.files.find(OWNER, file.id())).isPresent();
      for (Owner other :
          List.of(new Owner("team-a", "day"), new Owner("team-b", "night"), Owner.UNKNOWN)) {
        assertThat(stores.files.find(other, file.id())).isEmpty();
        assertThat(stores.files.list(other, "", true, null, 10)).isEmpty();
      }
      for (String id :
          List.of("../queue.db", file.id() + "/..", "file-" + "0".repeat(31) + "/", "..%2f", "")) {
        assertThat(stores.files.find(OWNER, id)).isEmpty();
      }
      String link = FileStore.newId();
      Files.createSymbolicLink(folder.resolve("files").resolve(link), folder.resolve("queue.db"));
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> stores.files.open(link))
          .isInstanceOf(java.io.IOException.class);
    }
  }

  @Test
  void shouldKeepTheBytesOfADeletedFileWhileABatchReadsThem() throws Exception {
    try (Stores stores = new Stores()) {
      Batch batch = stores.batch(1, Duration.ofHours(1));
      StoredFile file = stores.files.find(OWNER, batch.inputFile()).orElseThrow();
      stores.files.delete(file);
      stores.files.sweep();
      assertThat(folder.resolve("files").resolve(file.id())).exists();
      stores.batches.cancel(batch, stores.now);
      stores.publisher().publish();
      stores.files.sweep();
      assertThat(folder.resolve("files").resolve(file.id())).doesNotExist();
    }
  }
}
