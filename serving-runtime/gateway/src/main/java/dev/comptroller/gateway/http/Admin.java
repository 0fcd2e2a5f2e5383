package dev.comptroller.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.ClientGone;
import dev.comptroller.gateway.table.LiveTable;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;

/// Health, metrics and the latest usage lines: on a port of its own, for the cluster's operators.
final class Admin {
  private static final int DEFAULT_LINES = 100;
  private static final int MOST_LINES = 1_000;

  private final LiveTable table;
  private final Drain drain;
  private final Booking.Books books;

  Admin(LiveTable table, Drain drain, Booking.Books books) {
    this.table = table;
    this.drain = drain;
    this.books = books;
  }

  void live(HttpExchange exchange) throws ClientGone {
    text(exchange, 200, "live\n");
  }

  void ready(HttpExchange exchange) throws ClientGone {
    if (drain.leaving()) {
      text(exchange, 503, "shutting down, " + drain.running() + " requests still run\n");
    } else if (table.current().isEmpty()) {
      text(exchange, 503, "no routing table yet\n");
    } else if (!books.ledger().healthy()) {
      text(exchange, 503, "the usage ledger cannot write\n");
    } else {
      text(exchange, 200, "ready\n");
    }
  }

  void metrics(HttpExchange exchange) throws ClientGone {
    StringWriter out = new StringWriter();
    try {
      TextFormat.write004(out, books.metrics().registry().metricFamilySamples());
    } catch (IOException e) {
      throw new AssertionError("a StringWriter does not fail", e);
    }
    exchange.respond(
        200,
        Map.of("content-type", TextFormat.CONTENT_TYPE_004),
        out.toString().getBytes(StandardCharsets.UTF_8));
  }

  void usage(HttpExchange exchange) throws ClientGone {
    String asked = exchange.parameter("limit").orElse(Integer.toString(DEFAULT_LINES));
    if (!asked.matches("[0-9]{1,4}")
        || Integer.parseInt(asked) < 1
        || Integer.parseInt(asked) > MOST_LINES) {
      exchange.refuse(
          ApiError.badRequest(
              "limit must be a whole number from 1 to %d, is %s".formatted(MOST_LINES, asked),
              "limit",
              "invalid_request"));
      return;
    }
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    try {
      books.ledger().recent(Integer.parseInt(asked)).forEach(line -> data.add(json(line)));
    } catch (SQLException e) {
      exchange.refuse(
          new ApiError(
              500,
              "the ledger cannot be read: " + e.getMessage(),
              "server_error",
              null,
              "ledger_unreadable",
              Map.of()));
      return;
    }
    exchange.respond(
        200,
        Map.of("content-type", "application/json"),
        answer.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode json(UsageLine line) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", line.id())
        .put("request_id", line.requestId())
        .put("at", line.at().toString())
        .put("model", line.model())
        .put("namespace", line.namespace())
        .put("deployment", line.deployment())
        .put("variant", line.variant())
        .put("replica", line.replica())
        .put("payer", line.payer())
        .put("feature", line.feature())
        .put("class", line.trafficClass())
        .put("stream", line.stream())
        .put("outcome", line.outcome().word())
        .put("status", line.status())
        .put("finish_reason", line.finishReason())
        .put("prompt_tokens", line.usage().prompt())
        .put("cached_tokens", line.usage().cached())
        .put("completion_tokens", line.usage().completion())
        .put("estimated", line.usage().estimated())
        .put("price_version", line.priceVersion())
        .put("charge_micros", line.chargeMicros())
        .put("tariff_percent", line.tariffPercent())
        .put("gpu_ns", line.gpuNanos())
        .put("millis", line.millis());
  }

  private static void text(HttpExchange exchange, int status, String message) throws ClientGone {
    exchange.respond(
        status,
        Map.of("content-type", "text/plain; charset=utf-8"),
        message.getBytes(StandardCharsets.UTF_8));
  }
}
