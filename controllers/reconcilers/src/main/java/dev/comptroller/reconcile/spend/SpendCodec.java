package dev.comptroller.reconcile.spend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.decide.cost.SpendKey;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// The spend record as JSON, and back. Pure.
public final class SpendCodec {
  /// The format that this code reads and writes.
  public static final int SCHEMA = 1;

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private SpendCodec() {}

  private record Wire(int schema, List<WireLine> lines, SortedSet<String> uids) {}

  private record WireLine(
      String pool,
      String capacityType,
      long microsPerNodeHour,
      int gpusPerNode,
      boolean assumed,
      List<WireRun> runs) {}

  private record WireRun(String from, int quarters, long gpuSeconds) {}

  /// `record` as JSON; equal records give equal text.
  public static String write(SpendRecord record) {
    List<WireLine> lines = new ArrayList<>();
    for (SpendRecord.Line line : record.lines()) {
      SpendKey key = line.key();
      lines.add(
          new WireLine(
              key.pool(),
              key.type().label(),
              key.pricePerNodeHour().microsPerHour(),
              key.gpusPerNode(),
              key.assumed(),
              line.runs().stream().map(SpendCodec::wire).toList()));
    }
    try {
      return JSON.writeValueAsString(new Wire(SCHEMA, lines, record.uids()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spend record cannot be written as JSON", e);
    }
  }

  /// The record in `text`.
  ///
  /// @throws IllegalArgumentException if it is not one that this code understands
  public static SpendRecord read(String text) {
    Wire wire;
    try {
      wire = JSON.readValue(text, Wire.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a spend record: " + e.getOriginalMessage(), e);
    }
    if (wire == null) {
      throw new IllegalArgumentException("not a spend record: it is null");
    }
    if (wire.schema() != SCHEMA) {
      throw new IllegalArgumentException(
          "schema is %d, and this operator reads %d".formatted(wire.schema(), SCHEMA));
    }
    if (wire.lines() == null || wire.uids() == null) {
      throw new IllegalArgumentException("not a spend record: lines or uids are missing");
    }
    List<SpendRecord.Line> lines = new ArrayList<>();
    for (WireLine line : wire.lines()) {
      SpendKey key =
          new SpendKey(
              line.pool(),
              CapacityType.parse(line.capacityType()),
              new HourlyRate(line.microsPerNodeHour()),
              line.gpusPerNode(),
              line.assumed());
      lines.add(new SpendRecord.Line(key, line.runs().stream().map(SpendCodec::run).toList()));
    }
    return new SpendRecord(lines, new TreeSet<>(wire.uids()));
  }

  private static WireRun wire(SpendRecord.Run run) {
    Instant from = Instant.ofEpochSecond(run.quarter() * SpendRecord.QUARTER.toSeconds());
    return new WireRun(from.toString(), run.count(), run.gpuSeconds());
  }

  private static SpendRecord.Run run(WireRun run) {
    long quarter = Instant.parse(run.from()).getEpochSecond() / SpendRecord.QUARTER.toSeconds();
    return new SpendRecord.Run(quarter, run.quarters(), run.gpuSeconds());
  }
}
