package dev.comptroller.reconcile.charges;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.charges.ChargeSample.Charged;
import dev.comptroller.reconcile.charges.ChargeSample.Totals;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// What was booked and up to which value of every counter: the two belong together, so that a
/// process that goes on from it books every charge once.
///
/// @param gateways the last seen counters, by process of a gateway
/// @param periods what was booked, by namespace
record ChargeBook(Map<String, Map<Charged, Totals>> gateways, Map<String, Booked> periods) {
  private static final int SCHEMA = 1;
  private static final Comparator<Charged> ORDER =
      Comparator.comparing(Charged::namespace)
          .thenComparing(Charged::feature)
          .thenComparing(Charged::provider)
          .thenComparing(Charged::deployment)
          .thenComparing(Charged::variant);

  ChargeBook {
    gateways = Map.copyOf(gateways);
    periods = Map.copyOf(periods);
  }

  /// Sums of a period.
  ///
  /// @param start its first instant; [Instant#MIN] while the period is not known
  record Booked(Instant start, Map<Charged, Totals> sums) {
    Booked {
      sums = Map.copyOf(sums);
    }
  }

  /// The book as compressed JSON; the same book gives the same bytes.
  byte[] write() {
    ObjectNode book = Archive.book(SCHEMA);
    ObjectNode counters = book.putObject("gateways");
    new TreeMap<>(gateways).forEach((key, sums) -> write(counters.putArray(key), sums));
    ObjectNode booked = book.putObject("periods");
    new TreeMap<>(periods)
        .forEach(
            (namespace, period) -> {
              ObjectNode entry = booked.putObject(namespace);
              if (!period.start().equals(Instant.MIN)) {
                entry.put("start", period.start().toString());
              }
              write(entry.putArray("sums"), period.sums());
            });
    return Archive.pack(book);
  }

  /// The book that [#write] made `bytes` of.
  ///
  /// @throws IllegalArgumentException if it did not
  static ChargeBook read(byte[] bytes) {
    JsonNode book = Archive.unpack(bytes, SCHEMA);
    try {
      Map<String, Map<Charged, Totals>> gateways = new HashMap<>();
      book.path("gateways")
          .properties()
          .forEach(entry -> gateways.put(entry.getKey(), sums(entry.getValue())));
      Map<String, Booked> periods = new HashMap<>();
      book.path("periods")
          .properties()
          .forEach(
              entry -> {
                JsonNode start = entry.getValue().path("start");
                periods.put(
                    entry.getKey(),
                    new Booked(
                        start.isTextual() ? Instant.parse(start.asText()) : Instant.MIN,
                        sums(entry.getValue().path("sums"))));
              });
      return new ChargeBook(gateways, periods);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static void write(ArrayNode rows, Map<Charged, Totals> sums) {
    TreeMap<Charged, Totals> sorted = new TreeMap<>(ORDER);
    sorted.putAll(sums);
    sorted.forEach(
        (key, sum) ->
            rows.addArray()
                .add(key.namespace())
                .add(key.feature())
                .add(key.provider())
                .add(key.deployment())
                .add(key.variant())
                .add(sum.micros())
                .add(sum.requests())
                .add(sum.measured()));
  }

  private static Map<Charged, Totals> sums(JsonNode rows) {
    Map<Charged, Totals> sums = new HashMap<>();
    for (JsonNode row : rows) {
      sums.put(
          new Charged(text(row, 0), text(row, 1), text(row, 2), text(row, 3), text(row, 4)),
          new Totals(row.path(5).asLong(), row.path(6).asLong(), row.path(7).asLong()));
    }
    return sums;
  }

  private static String text(JsonNode row, int index) {
    return row.path(index).asText();
  }
}
