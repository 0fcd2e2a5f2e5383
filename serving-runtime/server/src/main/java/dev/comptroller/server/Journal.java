package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.engine.GpuMeter;
import dev.comptroller.metering.GpuState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/// What the GPUs did and what requests used so far, on disk, so that a crash leaves at most one
/// flush interval of it unknown.
///
/// One small file, replaced as a whole and synced at every interval. A process that finds the file
/// of one that did not end as told goes on from it: of the time between that file's last flush and
/// its own start, at most one interval is [GpuState#Unobserved] (after that the dead one would have
/// flushed again), the rest is [GpuState#Start].
final class Journal implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Journal.class.getName());
  private static final int SCHEMA = 1;
  private static final int MOST_BROKEN = 1_000;

  /// What a request used until the last flush before it broke, or until now.
  record Use(String id, int promptTokens, int completionTokens, long gpuNs) {}

  /// The content of the file.
  ///
  /// @param intervalNs the flush interval
  /// @param sinceNs when the first process of this pod started, in nanoseconds since 1970
  /// @param atNs when this was true, likewise; the states sum to (`atNs` - `sinceNs`) * `gpus`
  /// @param ended whether the process ended as told just after that
  /// @param crashes processes that did not
  /// @param states GPU-nanoseconds by state
  /// @param attributedNs those of steps that requests were given
  /// @param brokenNs those of `attributedNs` that went to requests which ran at the last look
  ///   before a crash: it broke them, unless they ended within the interval
  /// @param requests those that run or wait
  /// @param broken those that a crash broke, the last 1,000
  record Content(
      int schema,
      int gpus,
      long intervalNs,
      long sinceNs,
      long atNs,
      boolean ended,
      int crashes,
      SortedMap<String, Long> states,
      long attributedNs,
      long brokenNs,
      List<Use> requests,
      List<Use> broken) {
    /// A pod's first content.
    static Content first(int gpus, long startNs) {
      return new Content(
          SCHEMA, gpus, 0, startNs, startNs, true, 0, new TreeMap<>(), 0, 0, List.of(), List.of());
    }

    /// The content with which a further process of the pod starts.
    ///
    /// @param startNs when it started, in nanoseconds since 1970
    Content after(long startNs) {
      long gap = Math.max(0, startNs - atNs);
      long unobserved = ended ? 0 : Math.min(gap, intervalNs);
      SortedMap<String, Long> sums = new TreeMap<>(states);
      sums.merge(GpuState.Unobserved.label(), unobserved * gpus, Math::addExact);
      sums.merge(GpuState.Start.label(), (gap - unobserved) * gpus, Math::addExact);
      List<Use> all = new ArrayList<>(broken);
      all.addAll(requests);
      return new Content(
          SCHEMA,
          gpus,
          intervalNs,
          sinceNs,
          atNs + gap,
          true,
          crashes + (ended ? 0 : 1),
          sums,
          attributedNs,
          brokenNs + requests.stream().mapToLong(Use::gpuNs).sum(),
          List.of(),
          List.copyOf(all.subList(Math.max(0, all.size() - MOST_BROKEN), all.size())));
    }

    /// The states as the meter takes them.
    Map<GpuState, Long> byState() {
      Map<GpuState, Long> sums = new TreeMap<>();
      for (GpuState state : GpuState.values()) {
        Long nanos = states.get(state.label());
        if (nanos != null) {
          sums.put(state, nanos);
        }
      }
      return sums;
    }
  }

  private final Path file;
  private final Duration interval;
  private final Content before;
  private final GpuMeter meter;
  private final long epochOffset;
  private final Json json;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /// @param before what the pod's file said when this process started
  /// @param epochOffset what turns the meter's clock into nanoseconds since 1970
  private Journal(
      Path file, Duration interval, Content before, GpuMeter meter, long epochOffset, Json json) {
    this.file = file;
    this.interval = interval;
    this.before = before;
    this.meter = meter;
    this.epochOffset = epochOffset;
    this.json = json;
    this.thread = Thread.ofPlatform().name("journal").daemon().unstarted(this::run);
  }

  /// Writes the file at every interval from now on, the first time at once.
  ///
  /// @throws IOException when it cannot be written
  static Journal start(
      Path file, Duration interval, Content before, GpuMeter meter, long epochOffset, Json json)
      throws IOException {
    var journal = new Journal(file, interval, before, meter, epochOffset, json);
    journal.flush(false);
    journal.thread.start();
    return journal;
  }

  /// What the file says, or a first content when there is none. A file that cannot be understood is
  /// set aside: the time that it covers is lost to the meter, but not to the node's bill.
  ///
  /// @throws IOException when it is of another number of GPUs, or cannot be read at all
  static Content recover(Path file, int gpus, long startNs, Json json) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException _) {
      return Content.first(gpus, startNs);
    }
    Content content;
    try {
      content = content(json.read(bytes));
    } catch (ApiException | IllegalArgumentException e) {
      Path aside = file.resolveSibling(file.getFileName() + ".unreadable");
      LOG.log(
          Level.WARNING,
          "--journal %s is no journal and is now %s: %s".formatted(file, aside, e.getMessage()));
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      return Content.first(gpus, startNs);
    }
    if (content.gpus() != gpus) {
      throw new IOException(
          "--journal %s is of %d GPUs, but --gpus is %d; name another file"
              .formatted(file, content.gpus(), gpus));
    }
    return content.after(startNs);
  }

  /// Writes the file for the last time: the process ends as told.
  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
      flush(true);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "writing " + file, e);
    }
  }

  private void run() {
    try {
      while (!closing.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
        try {
          flush(false);
        } catch (IOException e) {
          LOG.log(Level.WARNING, "writing " + file, e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void flush(boolean ended) throws IOException {
    GpuMeter.Reading now = meter.read();
    SortedMap<String, Long> states = new TreeMap<>();
    now.states().forEach((state, nanos) -> states.put(state.label(), nanos));
    var content =
        new Content(
            SCHEMA,
            before.gpus(),
            interval.toNanos(),
            before.sinceNs(),
            now.atNanos() + epochOffset,
            ended,
            before.crashes(),
            states,
            now.attributed(),
            before.brokenNs(),
            now.requests().stream()
                .map(u -> new Use(u.label(), u.promptTokens(), u.completionTokens(), u.gpuNanos()))
                .toList(),
            before.broken());
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(json.write(content));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Content content(JsonNode node) {
    int schema = node.path("schema").asInt();
    if (schema != SCHEMA) {
      throw new IllegalArgumentException("schema is " + schema + ", must be " + SCHEMA);
    }
    SortedMap<String, Long> states = new TreeMap<>();
    node.path("states").properties().forEach(e -> states.put(e.getKey(), e.getValue().asLong()));
    var content =
        new Content(
            schema,
            node.path("gpus").asInt(),
            node.path("interval_ns").asLong(),
            node.path("since_ns").asLong(),
            node.path("at_ns").asLong(),
            node.path("ended").asBoolean(),
            node.path("crashes").asInt(),
            states,
            node.path("attributed_ns").asLong(),
            node.path("broken_ns").asLong(),
            uses(node.path("requests")),
            uses(node.path("broken")));
    long sum = states.values().stream().mapToLong(Long::longValue).sum();
    long whole = (content.atNs() - content.sinceNs()) * content.gpus();
    if (sum != whole) {
      throw new IllegalArgumentException(
          "its states sum to %d ns, but it covers %d".formatted(sum, whole));
    }
    return content;
  }

  private static List<Use> uses(JsonNode nodes) {
    List<Use> uses = new ArrayList<>();
    for (JsonNode node : nodes) {
      uses.add(
          new Use(
              node.path("id").asText(),
              node.path("prompt_tokens").asInt(),
              node.path("completion_tokens").asInt(),
              node.path("gpu_ns").asLong()));
    }
    return uses;
  }
}
