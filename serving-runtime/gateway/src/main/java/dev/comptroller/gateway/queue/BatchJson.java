package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.meter.Charge;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Batches and their lines in OpenAI's shapes.
final class BatchJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private BatchJson() {}

  /// A batch; `x_comptroller` is ours.
  static ObjectNode of(Batch batch) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("id", batch.id())
            .put("object", "batch")
            .put("endpoint", batch.endpoint());
    json.set("errors", parsed(batch.errors()));
    json.put("input_file_id", batch.inputFile())
        .put("completion_window", batch.completionWindow())
        .put("status", batch.state().word())
        .put("output_file_id", batch.state().terminal() ? batch.outputFile() : null)
        .put("error_file_id", batch.state().terminal() ? batch.errorFile() : null)
        .put("created_at", batch.createdAt().getEpochSecond())
        .put("expires_at", batch.deadline().getEpochSecond());
    for (BatchState state : BatchState.values()) {
      if (state != BatchState.VALIDATING) {
        json.put(state.word() + "_at", seconds(batch.at().get(state)));
      }
    }
    json.putObject("request_counts")
        .put("total", batch.counts().total())
        .put("completed", batch.counts().completed())
        .put("failed", batch.counts().failed());
    json.set("metadata", parsed(batch.metadata()));
    json.set("usage", usage(batch));
    json.set("x_comptroller", ours(batch));
    return json;
  }

  private static ObjectNode usage(Batch batch) {
    ObjectNode usage =
        JsonNodeFactory.instance.objectNode().put("input_tokens", batch.usage().prompt());
    usage.putObject("input_tokens_details").put("cached_tokens", batch.usage().cached());
    usage.put("output_tokens", batch.usage().completion());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    return usage.put("total_tokens", batch.usage().prompt() + batch.usage().completion());
  }

  private static ObjectNode ours(Batch batch) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("estimated_completion", seconds(batch.promise().estimated()))
        .put("window_can_be_kept", batch.promise().kept())
        .put("reason", batch.promise().reason())
        .put("tariff", BigDecimal.valueOf(batch.tariffPercent(), 2))
        .put("pending", batch.counts().pending())
        .put("expired", batch.counts().expired())
        .put("cancelled", batch.counts().cancelled())
        .put("charged", Charge.dollars(batch.chargedMicros()))
        .put("saved", Charge.dollars(batch.fullMicros() - batch.chargedMicros()));
  }

  /// What a line says of its answer beyond OpenAI's fields.
  ///
  /// @param why it was that variant, at that price
  record Told(String variant, String why, long costMicros) {
    ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("variant", variant)
          .put("why", why)
          .put("cost", Charge.dollars(costMicros));
    }
  }

  /// A line of an output or error file for an item that was answered.
  ///
  /// @param told of the answer; absent if no variant gave it
  static String answered(Claimed item, int status, byte[] body, @Nullable Told told) {
    ObjectNode line = line(item.requestId(), item.customId());
    ObjectNode response =
        line.putObject("response").put("status_code", status).put("request_id", item.requestId());
    JsonNode document;
    try {
      document = JSON.readTree(body);
    } catch (java.io.IOException _) {
      document = null;
    }
    response.set("body", document == null ? NullNode.getInstance() : document);
    line.putNull("error");
    if (told != null) {
      line.set("x_comptroller", told.json());
    }
    return line.toString();
  }

  /// A line of an error file for an item that has no answer.
  static String failed(
      String requestId,
      @Nullable String customId,
      String code,
      String message,
      @Nullable String param,
      int number) {
    ObjectNode line = line(requestId, customId);
    line.putNull("response");
    line.putObject("error")
        .put("code", code)
        .put("message", message)
        .put("param", param)
        .put("line", number);
    return line.toString();
  }

  private static ObjectNode line(String requestId, @Nullable String customId) {
    return JsonNodeFactory.instance.objectNode().put("id", requestId).put("custom_id", customId);
  }

  private static JsonNode parsed(@Nullable String json) {
    if (json == null) {
      return NullNode.getInstance();
    }
    try {
      return JSON.readTree(json);
    } catch (JacksonException e) {
      throw new IllegalStateException("the database holds bad JSON: " + e.getMessage(), e);
    }
  }

  private static @Nullable Long seconds(@Nullable Instant at) {
    return at == null ? null : Long.valueOf(at.getEpochSecond());
  }
}
