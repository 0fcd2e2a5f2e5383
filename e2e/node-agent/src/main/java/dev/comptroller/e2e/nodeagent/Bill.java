package dev.comptroller.e2e.nodeagent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/// The file `pods.jsonl`: one line for each pod that ended, on disk before the pod object goes.
final class Bill implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileChannel file;
  private final Set<String> billed;

  /// A line of the bill; the instants are those of the pod's status, in whole seconds.
  record Line(
      String namespace,
      String name,
      String uid,
      String node,
      long gpus,
      Instant scheduledAt,
      Instant finishedAt) {}

  private Bill(FileChannel file, Set<String> billed) {
    this.file = file;
    this.billed = billed;
  }

  /// Opens the file and reads which pods it already has.
  static Bill open(Path path) throws IOException {
    Set<String> billed = new HashSet<>();
    if (Files.exists(path)) {
      for (String line : Files.readAllLines(path)) {
        JsonNode read = JSON.readTree(line);
        billed.add(read.path("uid").asText());
      }
    }
    return new Bill(
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND), billed);
  }

  /// Adds a line unless the pod has one.
  synchronized void add(Line line) throws IOException {
    if (billed.contains(line.uid())) {
      return;
    }
    ObjectNode json =
        JSON.createObjectNode()
            .put("namespace", line.namespace())
            .put("name", line.name())
            .put("uid", line.uid())
            .put("node", line.node())
            .put("gpus", line.gpus())
            .put("scheduledAt", line.scheduledAt().toString())
            .put("finishedAt", line.finishedAt().toString());
    var bytes = ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
    file.force(true);
    billed.add(line.uid());
  }

  synchronized boolean has(String uid) {
    return billed.contains(uid);
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }
}
