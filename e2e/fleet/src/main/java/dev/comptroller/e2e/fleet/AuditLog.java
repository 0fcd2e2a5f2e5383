package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The API server's own record of completed writes, without their content; leases are left out.
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
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode event = JSON.readTree(line);
        boolean wanted =
            user.equals(event.path("user").path("username").asText())
                && Instant.parse(event.path("requestReceivedTimestamp").asText()).isAfter(since);
        if (wanted) {
          writes.merge(nameOf(event.path("objectRef")), 1, Integer::sum);
        }
      }
    } catch (IOException e) {
      throw new FleetException("cannot read the audit log " + file, e);
    }
    return writes;
  }

  private static String nameOf(JsonNode object) {
    return "%s %s/%s"
        .formatted(
            object.path("resource").asText(),
            object.path("namespace").asText(),
            object.path("name").asText());
  }
}
