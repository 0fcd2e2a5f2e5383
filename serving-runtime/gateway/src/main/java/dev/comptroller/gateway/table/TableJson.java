package dev.comptroller.gateway.table;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Unavailable;
import dev.comptroller.protocol.routing.RoutingTable;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a routing table strictly: a table is either wholly good or refused.
///
/// Fields that it does not know are ignored, so that a newer operator may add some under the same
/// schema.
public final class TableJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  /// Ten thousand dollars per million tokens.
  private static final long HIGHEST_PRICE = 10_000_000_000L;

  private TableJson() {}

  /// The table in some bytes.
  public static RoutingTable read(byte[] bytes) throws TableRefused {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      throw new TableRefused("not JSON: " + firstLine(e.getMessage()));
    }
    if (!root.isObject()) {
      throw new TableRefused("the table must be a JSON object");
    }
    long schema = integer(root, "", "schema", 1);
    if (schema != RoutingTable.SCHEMA) {
      throw new TableRefused(
          "schema is %d, this gateway reads %d: run the gateway of the operator's version"
              .formatted(schema, RoutingTable.SCHEMA));
    }
    JsonNode routes = array(root, "", "routes");
    List<Route> read = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < routes.size(); i++) {
      String at = "routes[" + i + "]";
      Route route = route(routes.get(i), at + ".");
      if (!names.add(route.namespace() + "/" + route.deployment())) {
        throw new TableRefused(
            "%s: %s/%s is there twice".formatted(at, route.namespace(), route.deployment()));
      }
      read.add(route);
    }
    return new RoutingTable((int) schema, read);
  }

  private static Route route(JsonNode node, String at) throws TableRefused {
    JsonNode price = node.path("postedPrice");
    JsonNode why = node.path("unavailable");
    JsonNode replicas = array(node, at, "replicas");
    List<Replica> read = new ArrayList<>();
    Set<String> addresses = new HashSet<>();
    for (int i = 0; i < replicas.size(); i++) {
      String place = at + "replicas[" + i + "].";
      Replica replica = replica(replicas.get(i), place);
      if (!addresses.add(replica.address())) {
        throw new TableRefused(place + "address " + replica.address() + " is there twice");
      }
      read.add(replica);
    }
    return new Route(
        name(node, at, "namespace"),
        name(node, at, "deployment"),
        text(node, at, "activeVariant"),
        absent(price) ? null : price(price, at + "postedPrice."),
        read,
        absent(why) ? null : unavailable(why, at + "unavailable."),
        instant(node.path("fundedUntil"), at + "fundedUntil"));
  }

  private static Replica replica(JsonNode node, String at) throws TableRefused {
    String address = text(node, at, "address");
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
      throw new TableRefused(at + "address must be host:port, is \"" + address + "\"");
    }
    return new Replica(
        text(node, at, "name"),
        address,
        Math.toIntExact(Math.min(Integer.MAX_VALUE, integer(node, at, "maxSequences", 1))));
  }

  private static PostedPrice price(JsonNode node, String at) throws TableRefused {
    return new PostedPrice(
        integer(node, at, "version", 0),
        text(node, at, "source"),
        micros(node, at, "inputMicros"),
        micros(node, at, "cachedInputMicros"),
        micros(node, at, "outputMicros"));
  }

  private static Unavailable unavailable(JsonNode node, String at) throws TableRefused {
    return new Unavailable(
        text(node, at, "condition"), text(node, at, "reason"), node.path("message").asText(""));
  }

  private static @Nullable Instant instant(JsonNode node, String at) throws TableRefused {
    if (absent(node)) {
      return null;
    }
    try {
      return Instant.parse(node.asText());
    } catch (DateTimeParseException _) {
      throw new TableRefused(at + " must be an instant such as 2026-01-31T00:00:00Z, is " + node);
    }
  }

  private static String name(JsonNode node, String at, String field) throws TableRefused {
    String value = text(node, at, field);
    if (value.indexOf('/') >= 0) {
      throw new TableRefused(at + field + " must not contain a slash, is \"" + value + "\"");
    }
    return value;
  }

  private static String text(JsonNode node, String at, String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isTextual() || value.asText().isBlank()) {
      throw new TableRefused(
          at + field + " must be a string that is not empty, is " + shown(value));
    }
    return value.asText();
  }

  private static long integer(JsonNode node, String at, String field, long least)
      throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < least) {
      throw new TableRefused(
          at + field + " must be a whole number of at least " + least + ", is " + shown(value));
    }
    return value.asLong();
  }

  private static long micros(JsonNode node, String at, String field) throws TableRefused {
    long price = integer(node, at, field, 0);
    if (price > HIGHEST_PRICE) {
      throw new TableRefused(
          "%s%s is %d micro-dollars per million tokens, the most is %d"
              .formatted(at, field, price, HIGHEST_PRICE));
    }
    return price;
  }

  private static JsonNode array(JsonNode node, String at, String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw new TableRefused(at + field + " must be an array, is " + shown(value));
    }
    return value;
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "absent" : node.toString();
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }
}
