package dev.comptroller.reconcile.posting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.posting.Posting.Counted;
import dev.comptroller.reconcile.posting.Posting.Stretch;
import dev.comptroller.reconcile.signals.TokenCounters;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is remembered of the prices in one namespace, as compressed JSON.
///
/// @param at when it was written
/// @param floor the highest version of variants that are gone
/// @param deployments by name, and in each the variants by name
record PostedBook(
    Instant at, long floor, SortedMap<String, SortedMap<String, Posting>> deployments) {
  private static final int SCHEMA = 1;

  PostedBook {
    deployments = new TreeMap<>(deployments);
  }

  /// The book without counters of replicas, which are counted from the next look at them.
  PostedBook withoutReplicas() {
    SortedMap<String, SortedMap<String, Posting>> less = new TreeMap<>();
    deployments.forEach(
        (name, variants) -> {
          SortedMap<String, Posting> copy = new TreeMap<>(variants);
          copy.replaceAll((_, posting) -> posting.withoutReplicas(at));
          less.put(name, copy);
        });
    return new PostedBook(at, floor, less);
  }

  /// The book as compressed JSON; the same book gives the same bytes.
  byte[] write() {
    ObjectNode book = Archive.book(SCHEMA).put("at", at.toString()).put("floor", floor);
    ObjectNode all = book.putObject("deployments");
    deployments.forEach(
        (name, variants) -> {
          ObjectNode entry = all.putObject(name);
          variants.forEach((variant, posting) -> write(entry.putObject(variant), posting));
        });
    return Archive.pack(book);
  }

  private static void write(ObjectNode entry, Posting posting) {
    PostedPrice price = posting.price();
    entry
        .put("deployment", posting.deployment())
        .put("version", price.version())
        .put("source", price.source().name())
        .put("carried", posting.carried())
        .put("peak", posting.peak())
        .put("due", posting.due().toString())
        .put("measured", posting.measured())
        .put("since", posting.since().toString());
    entry
        .putArray("micros")
        .add(price.input().microsPerMillion())
        .add(price.cachedInput().microsPerMillion())
        .add(price.output().microsPerMillion());
    Stretch open = posting.open();
    entry
        .put("opened", open.opened().toString())
        .putArray("open")
        .add(open.rateSeconds())
        .add(open.replicaSeconds())
        .add(open.tokens().input())
        .add(open.tokens().cachedInput())
        .add(open.tokens().output());
    ObjectNode replicas = entry.putObject("replicas");
    posting
        .replicas()
        .forEach(
            (uid, counted) ->
                replicas
                    .putArray(uid)
                    .add(counted.at().toEpochMilli())
                    .add(counted.tokens().input())
                    .add(counted.tokens().cachedInput())
                    .add(counted.tokens().output()));
  }

  /// The book that [#write] made `bytes` of.
  ///
  /// @throws IllegalArgumentException if it did not
  static PostedBook read(byte[] bytes) {
    JsonNode book = Archive.unpack(bytes, SCHEMA);
    try {
      SortedMap<String, SortedMap<String, Posting>> deployments = new TreeMap<>();
      for (Map.Entry<String, JsonNode> entry : book.path("deployments").properties()) {
        SortedMap<String, Posting> variants = new TreeMap<>();
        for (Map.Entry<String, JsonNode> variant : entry.getValue().properties()) {
          String field = "deployments.%s.%s".formatted(entry.getKey(), variant.getKey());
          variants.put(variant.getKey(), posting(field, variant.getValue()));
        }
        deployments.put(entry.getKey(), variants);
      }
      return new PostedBook(
          Instant.parse(book.path("at").asText()), count("floor", book.path("floor")), deployments);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static Posting posting(String field, JsonNode entry) {
    long[] micros = counts(field + ".micros", entry.path("micros"), 3);
    long[] open = counts(field + ".open", entry.path("open"), 5);
    SortedMap<String, Counted> replicas = new TreeMap<>();
    for (Map.Entry<String, JsonNode> row : entry.path("replicas").properties()) {
      long[] counted = counts(field + ".replicas." + row.getKey(), row.getValue(), 4);
      replicas.put(
          row.getKey(),
          new Counted(
              Instant.ofEpochMilli(counted[0]),
              new TokenCounters(counted[1], counted[2], counted[3])));
    }
    return new Posting(
        entry.path("deployment").asText(),
        new PostedPrice(
            count(field + ".version", entry.path("version")),
            PostedPrice.Source.valueOf(entry.path("source").asText()),
            new Cpm(micros[0]),
            new Cpm(micros[1]),
            new Cpm(micros[2])),
        number(field + ".carried", entry.path("carried")),
        count(field + ".peak", entry.path("peak")),
        Instant.parse(entry.path("due").asText()),
        entry.path("measured").asBoolean(),
        Instant.parse(entry.path("since").asText()),
        new Stretch(
            Instant.parse(entry.path("opened").asText()),
            open[0],
            new TokenCounters(open[2], open[3], open[4]),
            open[1]),
        replicas);
  }

  private static long[] counts(String field, JsonNode row, int length) {
    if (!row.isArray() || row.size() != length) {
      throw new IllegalArgumentException(
          "%s is %s, not a row of %d numbers".formatted(field, row, length));
    }
    long[] counts = new long[length];
    for (int i = 0; i < length; i++) {
      counts[i] = count("%s[%d]".formatted(field, i), row.path(i));
    }
    return counts;
  }

  private static long count(String field, JsonNode node) {
    long count = number(field, node);
    if (count < 0) {
      throw new IllegalArgumentException("%s is %d, not zero or more".formatted(field, count));
    }
    return count;
  }

  private static long number(String field, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw new IllegalArgumentException("%s is %s, not a whole number".formatted(field, node));
    }
    return node.longValue();
  }
}
