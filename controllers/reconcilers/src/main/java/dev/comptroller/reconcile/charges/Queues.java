package dev.comptroller.reconcile.charges;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.decide.scale.Due;
import dev.comptroller.decide.units.Money;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Discounted work that waits in gateways' queues, as they last told. Thread-safe.
public final class Queues {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Map<String, Told> byGateway = new ConcurrentHashMap<>();

  /// What a gateway told, and when.
  private record Told(Instant at, JsonNode queue) {}

  /// Work of a namespace.
  ///
  /// @param items of its deployments that wait or run
  /// @param deadline the earliest among them; absent if there are none
  /// @param saved what the tariff has saved it
  public record Work(long items, @Nullable Instant deadline, Money saved) {}

  /// Takes in what `GET /queue` of a gateway says.
  ///
  /// @throws JsonProcessingException if that is no JSON
  void put(String gateway, Instant at, String text) throws JsonProcessingException {
    byGateway.put(gateway, new Told(at, JSON.readTree(text)));
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
    for (Told told : byGateway.values()) {
      JsonNode queue = told.queue();
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

  /// What may wait for a deployment, by when it is due, over all gateways; absent if none has told,
  /// if one has not told lately, or if one says what cannot be read.
  public Optional<List<Due>> due(String namespace, String deployment, Instant now) {
    String model = namespace + "/" + deployment;
    List<Due> due = new ArrayList<>();
    if (byGateway.isEmpty()) {
      return Optional.empty();
    }
    for (Told told : byGateway.values()) {
      if (told.at().plus(Demands.STALE).isBefore(now) || !told.queue().path("due").isArray()) {
        return Optional.empty();
      }
      for (JsonNode row : told.queue().path("due")) {
        if (row.path("model").asText().equals(model)) {
          JsonNode tokens = row.path("tokens");
          Instant by = earlier(null, row.path("by").asText());
          if (by == null || !tokens.canConvertToLong() || tokens.asLong() < 0) {
            return Optional.empty();
          }
          due.add(new Due(by, tokens.asLong()));
        }
      }
    }
    return Optional.of(due);
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
