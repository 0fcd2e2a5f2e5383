package dev.comptroller.e2e.simulator.report;

import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Tally;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// A run as a plot: panels over time for what the table tells, as SVG.
public final class Plot {
  private static final int WIDTH = 960;
  private static final int LEFT = 70;
  private static final int HEIGHT = 120;
  private static final int GAP = 46;
  private static final List<String> COLOURS =
      List.of("#1f5fa8", "#c8501e", "#3d8f4f", "#8a4fa3", "#8c6d1f", "#555555");

  private Plot() {}

  /// Values one after the other.
  public record Line(String name, List<Double> values) {}

  /// Lines over the same time, on one scale from zero.
  public record Panel(String title, List<Line> lines) {}

  /// The plot of a run.
  public static String of(Simulation run, Service service, String title) {
    List<HourTable.Row> rows = HourTable.rows(run.hours(), run.hours().size() > 24 * 60 ? 24 : 1);
    List<Panel> panels = new ArrayList<>();
    panels.add(
        new Panel(
            "dollars an hour",
            List.of(line("spend", rows, r -> r.tally().spentMicros() / 1e6 / r.hours()))));
    panels.add(
        new Panel(
            "dollars for a million tokens",
            List.of(line("CPM", rows, r -> perMillion(r.tally())))));
    panels.add(
        new Panel(
            "requests an hour",
            List.of(
                line("came", rows, r -> r.tally().arrived() / r.hours()),
                line("refused", rows, r -> r.tally().refused() / r.hours()),
                line("queued", rows, r -> r.tally().moved() / r.hours()))));
    panels.add(
        new Panel(
            "percent within the SLO",
            List.of(line("attainment", rows, r -> 100 * r.tally().attainment()))));
    panels.add(
        new Panel(
            "downgrades an hour",
            List.of(line("downgrades", rows, r -> (double) r.tally().downgrades() / r.hours()))));
    List<Line> rungs = new ArrayList<>();
    for (Service.Rung rung : service.rungs()) {
      rungs.add(
          line(
              rung.variant(),
              rows,
              r -> r.tally().readySeconds().getOrDefault(rung.variant(), 0L) / 3600.0 / r.hours()));
    }
    panels.add(new Panel("ready replicas by rung", rungs));
    return draw(title, panels);
  }

  private static double perMillion(Tally tally) {
    return tally.tokens() < 1 ? 0 : tally.spentMicros() / tally.tokens();
  }

  private static Line line(
      String name, List<HourTable.Row> rows, ToDoubleFunction<HourTable.Row> value) {
    return new Line(name, rows.stream().map(value::applyAsDouble).toList());
  }

  /// Panels one below the other.
  public static String draw(String title, List<Panel> panels) {
    int height = 40 + panels.size() * (HEIGHT + GAP);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            .formatted(WIDTH, height));
    svg.append(" font-family=\"sans-serif\" font-size=\"12\">\n");
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    svg.append(
        "<text x=\"%d\" y=\"22\" font-size=\"15\">%s</text>\n".formatted(LEFT, escape(title)));
    for (int i = 0; i < panels.size(); i++) {
      panel(svg, panels.get(i), 56 + i * (HEIGHT + GAP));
    }
    return svg.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder svg, Panel panel, int top) {
    double most =
        panel.lines().stream()
            .flatMap(line -> line.values().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(0);
    double scale = most <= 0 ? 1 : most;
    svg.append("<text x=\"%d\" y=\"%d\">%s</text>\n".formatted(LEFT, top - 6, panel.title()));
    svg.append(
        "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#999\"/>\n"
            .formatted(LEFT, top, top + HEIGHT, WIDTH - 20));
    svg.append(label(top + 10, scale)).append(label(top + HEIGHT, 0));
    for (int i = 0; i < panel.lines().size(); i++) {
      String colour = COLOURS.get(i % COLOURS.size());
      Line line = panel.lines().get(i);
      svg.append(
          "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n"
              .formatted(LEFT + 230 + i * 110, top - 6, colour, escape(line.name())));
      svg.append(
          "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n"
              .formatted(steps(line.values(), top, scale), colour));
    }
  }

  private static String label(int y, double value) {
    return "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n"
        .formatted(LEFT - 6, y, number(value));
  }

  private static String steps(List<Double> values, int top, double scale) {
    StringBuilder path = new StringBuilder();
    double width = (WIDTH - 20.0 - LEFT) / Math.max(1, values.size());
    for (int i = 0; i < values.size(); i++) {
      double y = top + HEIGHT * (1 - values.get(i) / scale);
      path.append(
          String.format(
              Locale.ROOT,
              "%s%.1f %.1fH%.1f",
              i == 0 ? "M" : "L",
              LEFT + i * width,
              y,
              LEFT + (i + 1) * width));
    }
    return path.toString();
  }

  private static String number(double value) {
    return value == 0 || value >= 100
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.2f", value);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
