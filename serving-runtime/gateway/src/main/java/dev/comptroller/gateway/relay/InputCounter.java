package dev.comptroller.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Replica;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Asks a replica how many input tokens a request has, before it runs: `POST /tokenize` with the
/// request's own body.
///
/// A replica that cannot tell is not asked again for a while; whoever asks then goes by a bound.
public final class InputCounter {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String PATH = "/tokenize";
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final long AGAIN = Duration.ofMinutes(1).toNanos();
  private static final int BAD_REQUEST = 400;

  private final Upstream upstream;
  private final Loads loads;
  private final LongSupplier nanos;
  private final Map<String, Long> unable = new ConcurrentHashMap<>();

  InputCounter(Upstream upstream, Loads loads, LongSupplier nanos) {
    this.upstream = upstream;
    this.loads = loads;
    this.nanos = nanos;
  }

  /// The exact number, by the least loaded replica of a leg; empty if it cannot tell.
  public OptionalLong count(Leg leg, byte[] body, Cancellation cancellation)
      throws InterruptedException {
    long now = nanos.getAsLong();
    unable.values().removeIf(at -> now - at >= AGAIN);
    Optional<Replica> replica =
        leg.replicas().stream()
            .filter(one -> !unable.containsKey(one.address()))
            .min(Comparator.comparingInt(loads::running));
    if (replica.isEmpty()) {
      return OptionalLong.empty();
    }
    Optional<Upstream.Whole> answer =
        upstream.ask(replica.get(), PATH, body, PATIENCE, cancellation);
    if (answer.isPresent() && answer.get().status() == BAD_REQUEST) {
      return OptionalLong.empty();
    }
    OptionalLong count = answer.map(InputCounter::read).orElseGet(OptionalLong::empty);
    if (count.isEmpty() && cancellation.cause() == null) {
      unable.put(replica.get().address(), now);
    }
    return count;
  }

  private static OptionalLong read(Upstream.Whole answer) {
    if (answer.status() != 200) {
      return OptionalLong.empty();
    }
    try (JsonParser parser = JSON.createParser(answer.body())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return OptionalLong.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("count") && value == JsonToken.VALUE_NUMBER_INT) {
          long count = parser.getLongValue();
          return count >= 0 ? OptionalLong.of(count) : OptionalLong.empty();
        }
        parser.skipChildren();
      }
    } catch (IOException _) {
      // It is no count.
    }
    return OptionalLong.empty();
  }
}
