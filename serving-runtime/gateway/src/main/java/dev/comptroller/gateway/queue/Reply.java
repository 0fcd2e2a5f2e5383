package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.util.List;

/// The answer to a request about files or batches.
public sealed interface Reply {
  /// A JSON document, status 200.
  record Json(JsonNode document) implements Reply {}

  /// The bytes of a file; whoever sends them closes it.
  record Content(StoredFile file, InputStream bytes) implements Reply {}

  /// A page of a list in OpenAI's shape.
  ///
  /// @param more whether something comes after it
  static Json page(List<ObjectNode> items, boolean more) {
    ObjectNode page = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = page.putArray("data");
    items.forEach(data::add);
    page.put("first_id", items.isEmpty() ? null : items.getFirst().path("id").asText());
    page.put("last_id", items.isEmpty() ? null : items.getLast().path("id").asText());
    page.put("has_more", more);
    return new Json(page);
  }
}
