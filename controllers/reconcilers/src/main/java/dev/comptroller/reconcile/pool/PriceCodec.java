package dev.comptroller.reconcile.pool;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The price log of a pool as JSON, and back. Pure.
final class PriceCodec {
  static final int SCHEMA = 1;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private PriceCodec() {}

  private record Wire(int schema, String pool, List<WireEntry> entries) {}

  private record WireEntry(
      @Nullable String from,
      String product,
      int gpusPerNode,
      @Nullable Long ceilingMicrosPerHour,
      List<WirePrice> prices) {}

  private record WirePrice(
      String capacityType, long microsPerNodeHour, @Nullable String from, @Nullable String until) {}

  static String write(String pool, PriceLog log) {
    List<WireEntry> entries = log.entries().stream().map(PriceCodec::wire).toList();
    try {
      return JSON.writeValueAsString(new Wire(SCHEMA, pool, entries));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a price log cannot be written as JSON", e);
    }
  }

  /// The log in `text`.
  ///
  /// @throws IllegalArgumentException if it is not one that this code understands
  static PriceLog read(String text) {
    try {
      Wire wire = JSON.readValue(text, Wire.class);
      if (wire == null || wire.schema() != SCHEMA || wire.entries() == null) {
        throw new IllegalArgumentException(
            "schema is %s, and this operator reads %d"
                .formatted(wire == null ? "absent" : wire.schema(), SCHEMA));
      }
      List<PriceLog.Entry> entries = new ArrayList<>();
      for (WireEntry entry : wire.entries()) {
        entries.add(new PriceLog.Entry(instant(entry.from()), declared(wire.pool(), entry)));
      }
      return new PriceLog(entries);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a price log: " + e.getOriginalMessage(), e);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("not a price log: " + e.getMessage(), e);
    }
  }

  private static WireEntry wire(PriceLog.Entry entry) {
    Declared declared = entry.declared();
    @Nullable HourlyRate ceiling = declared.maxHourlySpend();
    return new WireEntry(
        text(entry.from()),
        declared.product(),
        declared.prices().gpusPerNode(),
        ceiling == null ? null : ceiling.microsPerHour(),
        declared.prices().prices().stream()
            .map(
                price ->
                    new WirePrice(
                        price.type().label(),
                        price.perNodeHour().microsPerHour(),
                        text(price.from()),
                        text(price.until())))
            .toList());
  }

  private static Declared declared(String pool, WireEntry entry) {
    List<Price> prices =
        entry.prices().stream()
            .map(
                price ->
                    new Price(
                        CapacityType.parse(price.capacityType()),
                        new HourlyRate(price.microsPerNodeHour()),
                        instant(price.from()),
                        instant(price.until())))
            .toList();
    @Nullable Long ceiling = entry.ceilingMicrosPerHour();
    return new Declared(
        pool,
        entry.product(),
        new PriceBook(entry.gpusPerNode(), prices),
        ceiling == null ? null : new HourlyRate(ceiling));
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }
}
