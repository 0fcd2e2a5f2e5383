package dev.comptroller.reconcile.charges;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.decide.units.Money;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Discounted work that waits in gateways' queues, as they last told. Thread-safe.
public final class Queues {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Map<String, JsonNode> byGateway = new ConcurrentHashMap<>();

  /// Work of a namespace.
  ///
  /// @param items of its deployments that wait or run
  /// @param deadline the earliest among them; absent if there are none
  /// @param saved what the tariff has saved it
  public record Work(long items, @Nullable Instant deadline, Money saved) {}

  /// Takes in what `GET /queue` of a gateway says.
  ///
  /// @throws JsonProcessingException if that is no JSON
  void put(String gateway, String text) throws JsonProcessingException {
    byGateway.put(gateway, JSON.readTree(text));
  }

  /// Forgets gateways that are gone.
  void retain(Set<String> gateways) {
    byGateway.keySet().retainAll(gateways);
  }

  /// The work of `namespace`; absent if no gateway has ever told of any.
  public Optional<Work> of(String namespace) {
    boolean known = false;
    long items = 0;
    @Nullable Instant deadline = null;
    Money saved = Money.ZERO;
    for (JsonNode queue : byGateway.values()) {
      for (JsonNode row : queue.path("depth")) {
        if (isOf(namespace, row.path("model"))) {
          known = true;
          items += row.path("items").asLong();
          deadline = earlier(deadline, row.path("oldest_deadline").asText());
        }
      }
      for (JsonNode row : queue.path("saved")) {
        if (isOf(namespace, row.path("payer"))) {
          known = true;
          saved = saved.plus(money(row.path("saved").asText()));
        }
      }
    }
    return known ? Optional.of(new Work(items, deadline, saved)) : Optional.empty();
  }

  private static boolean isOf(String namespace, JsonNode name) {
    String text = name.asText();
    return text.equals(namespace) || text.startsWith(namespace + "/");
  }

  private static @Nullable Instant earlier(@Nullable Instant known, String text) {
    try {
      Instant next = Instant.parse(text);
      return known == null || next.isBefore(known) ? next : known;
    } catch (DateTimeException _) {
      return known;
    }
  }

  private static Money money(String text) {
    try {
      return Money.parse(text);
    } catch (IllegalArgumentException _) {
      return Money.ZERO;
    }
  }
}
