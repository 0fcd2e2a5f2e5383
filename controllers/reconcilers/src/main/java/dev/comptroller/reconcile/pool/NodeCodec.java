package dev.comptroller.reconcile.pool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.decide.cost.NodeRecord;
import dev.comptroller.decide.cost.NodeRecord.Open;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.reconcile.spend.SpendCodec;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A node record as the data of a ConfigMap, and back. Pure.
final class NodeCodec {
  static final int SCHEMA = 1;
  static final String NODES = "nodes.json";
  static final String CLOSED = "closed.json";
  static final String UNOBSERVED = "unobserved.json";

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private NodeCodec() {}

  private record Wire(int schema, String at, List<WireNode> nodes) {}

  private record WireNode(String name, String joined, String capacityType, int gpus, String from) {}

  static Map<String, String> write(NodeRecord record) {
    List<WireNode> nodes =
        record.open().stream()
            .map(
                node ->
                    new WireNode(
                        node.name(),
                        node.joined().toString(),
                        node.type().label(),
                        node.gpus(),
                        node.from().toString()))
            .toList();
    try {
      return Map.of(
          NODES, JSON.writeValueAsString(new Wire(SCHEMA, record.at().toString(), nodes)),
          CLOSED, SpendCodec.write(record.closed()),
          UNOBSERVED, SpendCodec.write(record.unobserved()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a node record cannot be written as JSON", e);
    }
  }

  /// The record in `data`.
  ///
  /// @throws IllegalArgumentException names the key that this code does not understand
  static NodeRecord read(@Nullable Map<String, String> data) {
    Map<String, String> known = data == null ? Map.of() : data;
    Wire wire = wire(known.getOrDefault(NODES, ""));
    return new NodeRecord(
        part(known, CLOSED),
        part(known, UNOBSERVED),
        wire.nodes().stream().map(NodeCodec::open).toList(),
        instant(wire.at()));
  }

  private static Wire wire(String text) {
    Wire wire;
    try {
      wire = JSON.readValue(text, Wire.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "key %s: not a list of nodes: %s".formatted(NODES, e.getOriginalMessage()), e);
    }
    if (wire == null || wire.schema() != SCHEMA || wire.nodes() == null || wire.at() == null) {
      throw new IllegalArgumentException(
          "key %s: schema is %s, and this operator reads %d"
              .formatted(NODES, wire == null ? "absent" : wire.schema(), SCHEMA));
    }
    return wire;
  }

  private static SpendRecord part(Map<String, String> data, String key) {
    try {
      return SpendCodec.read(data.getOrDefault(key, ""));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IllegalArgumentException("key %s: %s".formatted(key, e.getMessage()), e);
    }
  }

  private static Open open(WireNode node) {
    return new Open(
        node.name(),
        instant(node.joined()),
        CapacityType.parse(node.capacityType()),
        node.gpus(),
        instant(node.from()));
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("key %s: %s".formatted(NODES, e.getMessage()), e);
    }
  }
}
