package dev.comptroller.reconcile.routing;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.comptroller.protocol.routing.RoutingTable;
import java.util.Optional;

/// The routing table as JSON, and back: equal tables give equal bytes. Pure.
public final class RoutingCodec {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .build();

  private RoutingCodec() {}

  /// `table` as JSON.
  public static String write(RoutingTable table) {
    try {
      return JSON.writeValueAsString(table);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a routing table cannot be written as JSON", e);
    }
  }

  /// The table in `text`; nothing if it is not one of this schema.
  public static Optional<RoutingTable> read(String text) {
    try {
      RoutingTable table = JSON.readValue(text, RoutingTable.class);
      return Optional.ofNullable(table).filter(known -> known.schema() == RoutingTable.SCHEMA);
    } catch (JsonProcessingException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
