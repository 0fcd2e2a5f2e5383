package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;

/// Kills the operator before the first try of every write, and after the second; the third gets
/// through and is answered.
///
/// Two tries are the same write if they say the same, names and versions aside.
final class KillEachWrite implements BiFunction<Integer, Request, Fate> {
  private final Map<String, Integer> tries = new HashMap<>();

  @Override
  public Fate apply(Integer number, Request write) {
    return switch (tries.merge(site(write), 1, Integer::sum)) {
      case 1 -> Fate.KilledBefore;
      case 2 -> Fate.KilledAfter;
      default -> Fate.Done;
    };
  }

  private static String site(Request write) {
    JsonNode body = FakeApi.read(write.body());
    if (body instanceof ObjectNode object) {
      object.remove("eventTime");
      if (object.get("metadata") instanceof ObjectNode metadata) {
        metadata.remove(List.of("name", "resourceVersion"));
      }
    }
    return write.path() + write.method() + hash(body.toString());
  }

  /// Bodies are long and many.
  private static UUID hash(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
