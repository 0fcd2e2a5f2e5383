package dev.comptroller.e2e.simulator.report;

import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Tally;
import dev.comptroller.e2e.simulator.world.Tally.Refusal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A run as a table: a line for each hour, or for each day of a long run, and the totals.
public final class HourTable {
  private static final int HOURLY = 72;

  private HourTable() {}

  /// A stretch of a run.
  record Row(long start, int hours, Tally tally) {}

  static List<Row> rows(List<Simulation.Hour> hours, int together) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < hours.size(); i += together) {
      Tally sum = new Tally();
      int end = Math.min(hours.size(), i + together);
      hours.subList(i, end).forEach(hour -> sum.add(hour.tally()));
      rows.add(new Row(hours.get(i).start(), end - i, sum));
    }
    return rows;
  }

  /// The table, ready to print.
  public static String of(Simulation run, Service service, ZoneId zone) {
    int together = run.hours().size() > HOURLY ? 24 : 1;
    DateTimeFormatter format =
        DateTimeFormatter.ofPattern(together == 1 ? "MM-dd HH:mm" : "yyyy-MM-dd", Locale.ROOT)
            .withZone(zone);
    StringBuilder text = new StringBuilder();
    text.append(
        "%-11s %10s %8s %7s %9s %9s %8s %8s %7s %6s  %s%n"
            .formatted(
                together == 1 ? "hour" : "day",
                "spend $",
                "CPM $",
                "SLO %",
                "requests",
                "refused",
                "queued",
                "batch",
                "missed",
                "down",
                "replicas by rung, on average"));
    for (Row row : rows(run.hours(), together)) {
      text.append(line(format.format(Instant.ofEpochSecond(row.start())), row, service));
    }
    Row all = new Row(0, Math.max(1, run.hours().size()), run.total());
    return text.append(line("all", all, service)).append(refusals(all.tally())).toString();
  }

  private static String line(String name, Row row, Service service) {
    Tally tally = row.tally();
    return "%-11s %10s %8s %7.2f %9.0f %9.0f %8.0f %8.0f %7.0f %6d  %s%n"
        .formatted(
            name,
            new Money(tally.spentMicros()).print(2),
            cpm(tally),
            100 * tally.attainment(),
            tally.arrived(),
            tally.refused(),
            tally.moved(),
            tally.batchServed(),
            tally.batchMissed(),
            tally.downgrades(),
            replicas(row, service));
  }

  /// Dollars for a million tokens, the whole bill over all tokens.
  static String cpm(Tally tally) {
    return tally.tokens() < 1
        ? "-"
        : "%.4f".formatted(tally.spentMicros() / 1e6 / (tally.tokens() / 1e6));
  }

  private static String replicas(Row row, Service service) {
    List<String> parts = new ArrayList<>();
    for (Service.Rung rung : service.rungs()) {
      long seconds = row.tally().readySeconds().getOrDefault(rung.variant(), 0L);
      if (seconds > 0) {
        parts.add("%s %.2f".formatted(rung.variant(), seconds / 3600.0 / row.hours()));
      }
    }
    return parts.isEmpty() ? "none" : String.join(", ", parts);
  }

  private static String refusals(Tally tally) {
    List<String> parts = new ArrayList<>();
    for (Refusal why : Refusal.values()) {
      if (tally.refused(why) >= 0.5) {
        parts.add("%s %.0f".formatted(why, tally.refused(why)));
      }
    }
    return parts.isEmpty() ? "" : "refused because: %s%n".formatted(String.join(", ", parts));
  }
}
