package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A file as its owner sees it.
///
/// @param sequence of its creation
/// @param lines of it
/// @param expiresAt when it is deleted; absent if it is kept
public record StoredFile(
    long sequence,
    String id,
    Owner owner,
    String filename,
    String purpose,
    long bytes,
    long lines,
    Instant createdAt,
    @Nullable Instant expiresAt) {
  /// OpenAI's shape.
  ObjectNode json() {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("id", id)
            .put("object", "file")
            .put("bytes", bytes)
            .put("created_at", createdAt.getEpochSecond())
            .put("filename", filename)
            .put("purpose", purpose)
            .put("status", "processed")
            .putNull("status_details");
    if (expiresAt != null) {
      json.put("expires_at", expiresAt.getEpochSecond());
    }
    return json;
  }
}
