package dev.comptroller.gateway.relay;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.meter.Charge;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a client is told of what its request cost.
///
/// @param variant that answered
/// @param why it was that one, and what was done for money's sake; empty if there is nothing to say
/// @param costMicros charged; absent if there is no posted price
/// @param left that may still be spent in this period; absent if nothing limits it
public record Receipt(String variant, String why, @Nullable Long costMicros, @Nullable Left left) {
  /// What may still be spent.
  ///
  /// @param micros of the feature's amount, or of its namespace's budget where it has none
  /// @param at when that was so; absent if it is now
  public record Left(long micros, @Nullable Instant at) {}

  /// Nothing to tell.
  public static final Receipt NONE = new Receipt("", "", null, null);

  /// As headers, or as trailers of a stream.
  public Map<String, String> headers() {
    Map<String, String> headers = new TreeMap<>();
    if (costMicros != null) {
      headers.put("x-comptroller-cost", Charge.dollars(costMicros));
    }
    if (left != null) {
      headers.put("x-comptroller-budget-left", Charge.dollars(left.micros()));
      if (left.at() != null) {
        headers.put("x-comptroller-budget-left-at", left.at().toString());
      }
    }
    return headers;
  }

  /// As the object `x_comptroller` in the last chunk of a stream.
  ///
  /// @param cut what ended the stream before the model did; absent if nothing did
  public ObjectNode json(@Nullable String cut) {
    ObjectNode object = JsonNodeFactory.instance.objectNode().put("variant", variant);
    if (!why.isEmpty()) {
      object.put("why", why);
    }
    if (costMicros != null) {
      object.put("cost", Charge.dollars(costMicros));
    }
    if (left != null) {
      object.put("budget_left", Charge.dollars(left.micros()));
      if (left.at() != null) {
        object.put("budget_left_at", left.at().toString());
      }
    }
    if (cut != null) {
      object.put("finish", cut);
    }
    return object;
  }
}
