package dev.comptroller.reconcile.signals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.Bends;
import dev.comptroller.decide.capacity.Bends.Bend;
import dev.comptroller.decide.capacity.Bends.Place;
import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.signals.SpeedMemory.Usual;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// What is remembered of the speeds in one namespace, as compressed JSON. Every figure is written
/// so that it is read as the same one.
///
/// @param at when it was written
/// @param deployments by name, and in each the variants by name
record SpeedBook(Instant at, SortedMap<String, SortedMap<String, SpeedMemory>> deployments) {
  private static final int SCHEMA = 1;

  SpeedBook {
    deployments = new TreeMap<>(deployments);
  }

  /// The book as compressed JSON, in `most` bytes if that can be; the same book gives the same
  /// bytes.
  ///
  /// A variant takes 3 kB with all places of first tokens ([Bends#MOST]) and 0.6 kB without. Where
  /// that is too much these are left out, then variants whose steps were seen longest ago.
  byte[] write(int most) {
    byte[] bytes = write();
    if (bytes.length > most) {
      bytes = map(SpeedMemory::straight).write();
    }
    for (long left = count() / 2; bytes.length > most && left > 0; left /= 2) {
      bytes = map(SpeedMemory::straight).latest(left).write();
    }
    return bytes;
  }

  private long count() {
    return deployments.values().stream().mapToLong(Map::size).sum();
  }

  private SpeedBook map(UnaryOperator<SpeedMemory> change) {
    SortedMap<String, SortedMap<String, SpeedMemory>> changed = new TreeMap<>();
    deployments.forEach(
        (name, variants) -> {
          SortedMap<String, SpeedMemory> copy = new TreeMap<>(variants);
          copy.replaceAll((_, memory) -> change.apply(memory));
          changed.put(name, copy);
        });
    return new SpeedBook(at, changed);
  }

  /// The book of the `count` variants whose steps were seen last, and those seen at the same time.
  private SpeedBook latest(long count) {
    Instant oldest =
        deployments.values().stream()
            .flatMap(variants -> variants.values().stream())
            .map(SpeedMemory::at)
            .sorted(Comparator.reverseOrder())
            .skip(count - 1)
            .findFirst()
            .orElse(Instant.MIN);
    SpeedBook book = map(memory -> memory);
    book.deployments
        .values()
        .forEach(variants -> variants.values().removeIf(memory -> memory.at().isBefore(oldest)));
    return book;
  }

  private byte[] write() {
    ObjectNode book = Archive.book(SCHEMA).put("at", at.toString());
    ObjectNode all = book.putObject("deployments");
    deployments.forEach(
        (name, variants) -> {
          ObjectNode entry = all.putObject(name);
          variants.forEach((variant, memory) -> write(entry.putObject(variant), memory));
        });
    return Archive.pack(book);
  }

  private static void write(ObjectNode entry, SpeedMemory memory) {
    entry
        .put("deployment", memory.subject().deployment())
        .put("traits", memory.subject().traits())
        .put("at", memory.at().toString())
        .put("observed", memory.observed().toString());
    Usual usual = memory.usual();
    entry
        .putArray("usual")
        .add(usual.requests())
        .add(usual.prompt())
        .add(usual.cached())
        .add(usual.generated());
    if (Double.isFinite(memory.kvTokens())) {
      entry.put("kvTokens", memory.kvTokens());
    }
    write(entry.putObject("steps"), memory.steps());
    FirstTokenFit firsts = memory.firsts();
    if (firsts != null) {
      ObjectNode node = entry.putObject("firsts");
      write(node.putObject("lines"), firsts.lines());
      node.put("samples", firsts.bends().samples());
      ArrayNode bends = node.putArray("bends");
      firsts.bends().seen().forEach(bend -> write(bends.addArray(), bend));
    }
  }

  private static void write(ObjectNode entry, Fit fit) {
    write(entry.putObject("prior"), fit.prior());
    write(entry.putObject("belief"), fit.belief());
    entry
        .put("samples", fit.samples())
        .put("noise", fit.noise())
        .put("streak", fit.streak())
        .put("up", fit.up())
        .put("down", fit.down())
        .put("rejected", fit.rejected())
        .put("drifts", fit.drifts());
  }

  private static void write(ObjectNode entry, Belief belief) {
    ArrayNode mean = entry.putArray("mean");
    belief.mean().forEach(mean::add);
    ArrayNode covariance = entry.putArray("covariance");
    belief.covariance().forEach(covariance::add);
  }

  private static void write(ArrayNode row, Bend bend) {
    row.add(bend.place().input())
        .add(bend.place().output())
        .add(bend.place().sequences())
        .add(bend.seconds())
        .add(bend.weight())
        .add(bend.last());
  }

  /// The book that [#write] made `bytes` of.
  ///
  /// @throws IllegalArgumentException if it did not, or if it holds figures that nobody can have
  ///     seen
  static SpeedBook read(byte[] bytes) {
    JsonNode book = Archive.unpack(bytes, SCHEMA);
    Instant at = new Field("at", book.path("at")).instant();
    SortedMap<String, SortedMap<String, SpeedMemory>> deployments = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : book.path("deployments").properties()) {
      SortedMap<String, SpeedMemory> variants = new TreeMap<>();
      for (Map.Entry<String, JsonNode> variant : entry.getValue().properties()) {
        String field = "deployments.%s.%s".formatted(entry.getKey(), variant.getKey());
        variants.put(variant.getKey(), memory(new Field(field, variant.getValue()), at));
      }
      deployments.put(entry.getKey(), variants);
    }
    return new SpeedBook(at, deployments);
  }

  private static SpeedMemory memory(Field field, Instant written) {
    List<Double> usual = field.at("usual").figures(4);
    Field kvTokens = field.at("kvTokens");
    Field firsts = field.at("firsts");
    SpeedMemory memory =
        new SpeedMemory(
            new Subject(field.at("deployment").text(), field.at("traits").text()),
            field.at("at").instant(),
            field.at("observed").duration(),
            new Usual(usual.get(0), usual.get(1), usual.get(2), usual.get(3)),
            kvTokens.isMissing() ? Double.POSITIVE_INFINITY : kvTokens.figure(),
            fit(field.at("steps")),
            firsts.isMissing() ? null : firsts(firsts));
    if (!memory.isSound() || memory.at().isAfter(written)) {
      throw new IllegalArgumentException(
          "%s: holds figures that nobody can have seen".formatted(field.name()));
    }
    return memory;
  }

  private static FirstTokenFit firsts(Field field) {
    List<Bend> bends = new ArrayList<>();
    for (Field row : field.at("bends").rows()) {
      List<Double> bend = row.figures(6);
      bends.add(
          new Bend(
              new Place(bend.get(0), bend.get(1), bend.get(2)),
              bend.get(3),
              bend.get(4),
              row.at(5).count()));
    }
    return new FirstTokenFit(fit(field.at("lines")), new Bends(bends, field.at("samples").count()));
  }

  private static Fit fit(Field field) {
    return new Fit(
        belief(field.at("prior")),
        belief(field.at("belief")),
        field.at("samples").count(),
        field.at("noise").figure(),
        (int) Math.min(field.at("streak").count(), Integer.MAX_VALUE),
        field.at("up").figure(),
        field.at("down").figure(),
        field.at("rejected").count(),
        field.at("drifts").count());
  }

  private static Belief belief(Field field) {
    return new Belief(field.at("mean").figures(4), field.at("covariance").figures(16));
  }

  /// A part of the book and where it stands.
  private record Field(String name, JsonNode node) {
    Field at(String child) {
      return new Field(name + "." + child, node.path(child));
    }

    Field at(int index) {
      return new Field("%s[%d]".formatted(name, index), node.path(index));
    }

    boolean isMissing() {
      return node.isMissingNode();
    }

    List<Field> rows() {
      List<Field> rows = new ArrayList<>();
      for (int i = 0; i < node.size(); i++) {
        rows.add(at(i));
      }
      return rows;
    }

    /// A row of `count` figures.
    List<Double> figures(int count) {
      if (!node.isArray() || node.size() != count) {
        throw no("a row of %d figures".formatted(count));
      }
      List<Double> figures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        figures.add(at(i).figure());
      }
      return figures;
    }

    double figure() {
      if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
        throw no("a finite number");
      }
      return node.doubleValue();
    }

    long count() {
      if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
        throw no("a whole number of 0 or more");
      }
      return node.longValue();
    }

    String text() {
      if (!node.isTextual()) {
        throw no("text");
      }
      return node.textValue();
    }

    Instant instant() {
      try {
        return Instant.parse(text());
      } catch (DateTimeException e) {
        throw no("an instant");
      }
    }

    Duration duration() {
      try {
        return Duration.parse(text());
      } catch (DateTimeException e) {
        throw no("a duration");
      }
    }

    private IllegalArgumentException no(String what) {
      return new IllegalArgumentException("%s is %s, not %s".formatted(name, node, what));
    }
  }
}
