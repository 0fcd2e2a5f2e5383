package dev.comptroller.e2e.simulator.input;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;

/// Reads later prices of pools: `pool,type,price_per_node_hour,from,until`, where `from` and
/// `until` may be empty.
public final class PriceFile {
  private static final String HEADER = "pool,type,price_per_node_hour,from,until";

  private PriceFile() {}

  /// Adds the prices in `file` to the tracks of their pools.
  ///
  /// They are declared from the beginning, as a pool declares them in `capacity[].prices`.
  public static void addTo(Map<String, PriceTrack> tracks, Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InputException(file, 0, "cannot be read: " + e.getMessage());
    }
    if (lines.isEmpty() || !lines.getFirst().strip().equals(HEADER)) {
      throw new InputException(file, 1, "the header is not \"%s\"".formatted(HEADER));
    }
    for (int i = 1; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        add(tracks, file, i + 1, lines.get(i).split(",", -1));
      }
    }
  }

  private static void add(Map<String, PriceTrack> tracks, Path file, int line, String[] fields) {
    if (fields.length != 5) {
      throw new InputException(file, line, "%d fields, not 5".formatted(fields.length));
    }
    PriceTrack track = tracks.get(fields[0].strip());
    if (track == null) {
      throw new InputException(
          file, line, "pool \"%s\" is none of %s".formatted(fields[0].strip(), tracks.keySet()));
    }
    CapacityType type = CapacityType.parse(fields[1].strip());
    if (type == CapacityType.Unknown) {
      throw new InputException(
          file, line, "type \"%s\" is none of Reserved, OnDemand, Spot".formatted(fields[1]));
    }
    long micros;
    try {
      micros = HourlyRate.parse(fields[2]).microsPerHour();
    } catch (IllegalArgumentException e) {
      throw new InputException(file, line, "price_per_node_hour: " + e.getMessage());
    }
    long from = instant(file, line, "from", fields[3], Long.MIN_VALUE);
    long until = instant(file, line, "until", fields[4], Long.MAX_VALUE);
    if (from >= until) {
      throw new InputException(file, line, "until is not after from");
    }
    track.add(new Point(type, from, until, micros, Long.MIN_VALUE));
  }

  private static long instant(Path file, int line, String field, String text, long otherwise) {
    if (text.isBlank()) {
      return otherwise;
    }
    try {
      return Instant.parse(text.strip()).getEpochSecond();
    } catch (DateTimeParseException _) {
      throw new InputException(
          file, line, "%s \"%s\" is no instant like 2026-03-02T08:00:00Z".formatted(field, text));
    }
  }
}
