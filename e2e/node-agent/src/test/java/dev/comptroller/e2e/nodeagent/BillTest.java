package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BillTest {
  private static Bill.Line line(String uid) {
    return new Bill.Line(
        "ns",
        "pod",
        uid,
        "node",
        4,
        Instant.parse("2026-01-01T00:00:00Z"),
        Instant.parse("2026-01-01T00:10:07Z"));
  }

  @Test
  void shouldHoldOneLineForEachPodAlsoAfterARestart(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("pods.jsonl");
    try (var bill = Bill.open(file)) {
      bill.add(line("u1"));
      bill.add(line("u1"));
    }
    try (var bill = Bill.open(file)) {
      assertThat(bill.has("u1")).isTrue();
      bill.add(line("u1"));
      bill.add(line("u2"));
    }
    assertThat(Files.readAllLines(file))
        .hasSize(2)
        .first()
        .isEqualTo(
            "{\"namespace\":\"ns\",\"name\":\"pod\",\"uid\":\"u1\",\"node\":\"node\",\"gpus\":4,"
                + "\"scheduledAt\":\"2026-01-01T00:00:00Z\",\"finishedAt\":\"2026-01-01T00:10:07Z\"}");
  }
}
