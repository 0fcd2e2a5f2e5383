package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The API server's own record of completed writes; leases are left out. Of Comptroller's own
/// resources it holds what was written, of all others only that something was.
///
/// @param file one JSON event a line
public record AuditLog(Path file) {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived, ResponseStarted]
      rules:
      - level: None
        resources:
        - group: coordination.k8s.io
          resources: [leases]
      - level: Request
        verbs: [create, update, patch]
        resources:
        - group: comptroller.dev
      - level: Metadata
        verbs: [create, update, patch, delete, deletecollection]
      - level: None
      """;

  /// A log in `folder`, with the policy that says what is recorded.
  static AuditLog in(Path folder) {
    try {
      Files.writeString(folder.resolve("audit-policy.yaml"), POLICY);
    } catch (IOException e) {
      throw new FleetException("cannot write the audit policy in " + folder, e);
    }
    return new AuditLog(folder.resolve("audit.jsonl"));
  }

  List<String> apiServerFlags() {
    return List.of(
        "--audit-policy-file=" + file.resolveSibling("audit-policy.yaml"),
        "--audit-log-path=" + file);
  }

  /// Writes of a user since an instant, counted by resource and object.
  public Map<String, Integer> writesOf(String user, Instant since) {
    Map<String, Integer> writes = new TreeMap<>();
    for (JsonNode event : eventsOf(user, since)) {
      writes.merge(nameOf(event.path("objectRef")), 1, Integer::sum);
    }
    return writes;
  }

  /// What each write of a user to an object since an instant changed against the one before it, or
  /// wrote at all where it is the first: a line each.
  ///
  /// @param object as [#writesOf] names it
  public List<String> changesOf(String user, Instant since, String object) {
    List<String> changes = new ArrayList<>();
    Map<String, String> before = Map.of();
    for (JsonNode event : eventsOf(user, since)) {
      if (!nameOf(event.path("objectRef")).equals(object)) {
        continue;
      }
      Map<String, String> written = new TreeMap<>();
      flatten("", event.path("requestObject"), written);
      List<String> different = new ArrayList<>();
      for (String field :
          Stream.concat(before.keySet().stream(), written.keySet().stream())
              .collect(Collectors.toCollection(TreeSet::new))) {
        String was = before.getOrDefault(field, "absent");
        String is = written.getOrDefault(field, "absent");
        if (!was.equals(is)) {
          different.add("%s: %s -> %s".formatted(field, was, is));
        }
      }
      changes.add(
          event.path("requestReceivedTimestamp").asText() + " " + String.join("; ", different));
      before = written;
    }
    return changes;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> into) {
    if (node.isObject()) {
      node.properties().forEach(it -> flatten(path + "." + it.getKey(), it.getValue(), into));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten("%s[%d]".formatted(path, i), node.get(i), into);
      }
    } else {
      into.put(path, node.asText());
    }
  }

  private List<JsonNode> eventsOf(String user, Instant since) {
    List<JsonNode> events = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode event = JSON.readTree(line);
        if (user.equals(event.path("user").path("username").asText())
            && Instant.parse(event.path("requestReceivedTimestamp").asText()).isAfter(since)) {
          events.add(event);
        }
      }
    } catch (IOException e) {
      throw new FleetException("cannot read the audit log " + file, e);
    }
    return events;
  }

  private static String nameOf(JsonNode object) {
    return "%s %s/%s"
        .formatted(
            object.path("resource").asText(),
            object.path("namespace").asText(),
            object.path("name").asText());
  }
}
