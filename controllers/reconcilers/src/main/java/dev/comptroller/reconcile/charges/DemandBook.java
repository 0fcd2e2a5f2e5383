package dev.comptroller.reconcile.charges;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.charges.DemandMemory.Hour;
import dev.comptroller.reconcile.charges.DemandMemory.Usual;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// What is remembered of the demand in one namespace, as compressed JSON.
///
/// @param at when it was written
/// @param deployments by name
record DemandBook(Instant at, SortedMap<String, DemandMemory> deployments) {
  private static final int SCHEMA = 1;
  private static final long THOUSAND = 1000;

  DemandBook {
    deployments = new TreeMap<>(deployments);
  }

  /// The book without what was asked for in each minute of the last two days.
  DemandBook withoutDays() {
    return less(DemandMemory::withoutDays);
  }

  /// The book without its minutes.
  DemandBook withoutMinutes() {
    return less(DemandMemory::withoutMinutes);
  }

  private DemandBook less(UnaryOperator<DemandMemory> less) {
    SortedMap<String, DemandMemory> all = new TreeMap<>();
    deployments.forEach((name, memory) -> all.put(name, less.apply(memory)));
    return new DemandBook(at, all);
  }

  /// The book as compressed JSON; the same book gives the same bytes.
  byte[] write() {
    ObjectNode book = Archive.book(SCHEMA).put("at", at.toString());
    ObjectNode all = book.putObject("deployments");
    deployments.forEach((name, memory) -> write(all.putObject(name), memory));
    return Archive.pack(book);
  }

  private static void write(ObjectNode entry, DemandMemory memory) {
    Instant last = memory.lastRequest();
    if (last != null) {
      entry.put("lastRequest", last.getEpochSecond());
    }
    if (!memory.pulse().equals(Pulse.EVEN)) {
      entry.put("pulse", Math.round(THOUSAND * memory.pulse().times()));
    }
    Usual usual = memory.usual();
    entry.putArray("usual").add(usual.served()).add(usual.prompt()).add(usual.answer());
    ObjectNode minutes = entry.putObject("minutes");
    memory
        .minutes()
        .forEach(
            (minute, load) ->
                minutes
                    .putArray(Long.toString(minute))
                    .add(load.prompt())
                    .add(load.answer())
                    .add(load.requests()));
    PastDays days = memory.days();
    if (!days.equals(PastDays.NONE)) {
      ArrayNode tokens = entry.putObject("days").put("end", days.end()).putArray("tokens");
      Arrays.stream(days.tokens()).forEach(tokens::add);
    }
    ObjectNode hours = entry.putObject("hours");
    memory
        .hours()
        .forEach(
            (hour, sums) ->
                hours
                    .putArray(Integer.toString(hour))
                    .add(sums.week())
                    .add(sums.weeks())
                    .add(sums.weight())
                    .add(sums.prompt())
                    .add(sums.answer())
                    .add(sums.requests()));
  }

  /// The book that [#write] made `bytes` of.
  ///
  /// @throws IllegalArgumentException if it did not
  static DemandBook read(byte[] bytes) {
    JsonNode book = Archive.unpack(bytes, SCHEMA);
    try {
      SortedMap<String, DemandMemory> deployments = new TreeMap<>();
      for (Map.Entry<String, JsonNode> entry : book.path("deployments").properties()) {
        deployments.put(entry.getKey(), memory("deployments." + entry.getKey(), entry.getValue()));
      }
      return new DemandBook(Instant.parse(book.path("at").asText()), deployments);
    } catch (DateTimeException | NumberFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static DemandMemory memory(String at, JsonNode entry) {
    long[] usual = numbers(at + ".usual", entry.path("usual"), 3);
    SortedMap<Long, Load> minutes = new TreeMap<>();
    for (Map.Entry<String, JsonNode> row : entry.path("minutes").properties()) {
      long[] load = numbers(at + ".minutes." + row.getKey(), row.getValue(), 3);
      minutes.put(Long.parseLong(row.getKey()), new Load(load[0], load[1], load[2]));
    }
    SortedMap<Integer, Hour> hours = new TreeMap<>();
    for (Map.Entry<String, JsonNode> row : entry.path("hours").properties()) {
      int hour = Integer.parseInt(row.getKey());
      long[] sums = numbers(at + ".hours." + row.getKey(), row.getValue(), 6);
      if (hour < 0 || hour >= WeekProfile.HOURS || sums[1] > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "%s.hours.%d: no hour of the week, those are 0 to 167, or too many weeks"
                .formatted(at, hour));
      }
      hours.put(hour, new Hour(sums[0], (int) sums[1], sums[2], sums[3], sums[4], sums[5]));
    }
    return new DemandMemory(
        new Usual(usual[0], usual[1], usual[2]),
        minutes,
        days(at + ".days", entry.path("days")),
        hours,
        pulse(at, entry),
        last(at, entry));
  }

  private static PastDays days(String at, JsonNode days) {
    if (days.isMissingNode()) {
      return PastDays.NONE;
    }
    JsonNode end = days.path("end");
    if (!end.canConvertToLong()) {
      throw new IllegalArgumentException("%s.end is %s, not minutes since 1970".formatted(at, end));
    }
    int[] tokens = new int[days.path("tokens").size()];
    for (int i = 0; i < tokens.length; i++) {
      JsonNode count = days.path("tokens").path(i);
      if (!count.canConvertToInt() || count.asInt() < PastDays.UNKNOWN) {
        throw new IllegalArgumentException(
            "%s.tokens[%d] is %s, not a whole number of -1 or more".formatted(at, i, count));
      }
      tokens[i] = count.asInt();
    }
    return PastDays.of(end.asLong(), tokens);
  }

  private static Pulse pulse(String at, JsonNode entry) {
    JsonNode times = entry.path("pulse");
    if (times.isMissingNode()) {
      return Pulse.EVEN;
    }
    if (times.asLong() < THOUSAND || times.asLong() > 4 * THOUSAND) {
      throw new IllegalArgumentException("%s.pulse is %s, not 1000 to 4000".formatted(at, times));
    }
    return new Pulse((double) times.asLong() / THOUSAND);
  }

  private static @Nullable Instant last(String at, JsonNode entry) {
    JsonNode last = entry.path("lastRequest");
    if (last.isMissingNode()) {
      return null;
    }
    if (!last.canConvertToLong()) {
      throw new IllegalArgumentException(
          "%s.lastRequest is %s, not seconds since 1970".formatted(at, last));
    }
    return Instant.ofEpochSecond(last.asLong());
  }

  private static long[] numbers(String at, JsonNode row, int count) {
    long[] numbers = new long[count];
    for (int i = 0; i < count; i++) {
      JsonNode number = row.path(i);
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.asLong() < 0) {
        throw new IllegalArgumentException(
            "%s[%d] is %s, not a whole number of 0 or more".formatted(at, i, number));
      }
      numbers[i] = number.asLong();
    }
    return numbers;
  }
}
