package dev.comptroller.reconcile.trace;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.FeatureVerdict;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.NamespaceDecision;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/// A decision made again from a trace, without its answer.
///
/// @param decision made again
/// @param differences where it differs from the answer in the trace; empty if it does not
public record Replay(NamespaceDecision decision, List<String> differences) {
  public Replay {
    differences = List.copyOf(differences);
  }

  /// Decides again what `trace` tells of.
  public static Replay of(Trace trace) {
    NamespaceDecision again = MoneyLoop.decide(trace.seen(), trace.policy(), trace.at());
    List<String> differences = new ArrayList<>();
    compare("decision", trace.decision(), TraceCodec.tree(again), differences);
    return new Replay(again, differences);
  }

  /// Whether the answer is the same.
  public boolean isSame() {
    return differences.isEmpty();
  }

  private static void compare(String path, JsonNode told, JsonNode again, List<String> found) {
    if (told.isObject() && again.isObject()) {
      NavigableSet<String> names = new TreeSet<>();
      told.fieldNames().forEachRemaining(names::add);
      again.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        compare(path + "." + name, told.path(name), again.path(name), found);
      }
    } else if (told.isArray() && again.isArray() && told.size() == again.size()) {
      for (int i = 0; i < told.size(); i++) {
        compare(path + "[" + i + "]", told.get(i), again.get(i), found);
      }
    } else if (!told.equals(again)) {
      found.add(
          "%s: the trace says %s, replayed it is %s".formatted(path, text(told), text(again)));
    }
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.toString();
  }

  /// The decision with every figure behind it, for people.
  public String text() {
    StringBuilder text = new StringBuilder();
    NamespaceDecision.Held held = decision.held();
    if (held != null) {
      text.append("held: %s, %s\n".formatted(held.reason(), held.message()));
    }
    if (decision.figures() != null) {
      text.append(
          "spent $%s of $%s, $%s/h, heat %d %%\n"
              .formatted(
                  decision.figures().spent(),
                  decision.figures().amount(),
                  decision.figures().burnRate().print(2),
                  decision.figures().heatPercent()));
    }
    if (decision.outlook() != null) {
      text.append("forecast: %s\n".formatted(decision.outlook().basis()));
    }
    if (decision.heat() != null) {
      for (HeatVerdict.Standing standing : decision.heat().steps()) {
        text.append("ladder: %s\n".formatted(standing.message()));
      }
    }
    if (decision.allowed() != null) {
      text.append(
          "allowed $%s/h, reserve $%s, funded until %s\n"
              .formatted(
                  decision.allowed().print(2),
                  decision.reserve().inPeriod().print(2),
                  decision.fundedUntil()));
    }
    for (DeploymentVerdict verdict : decision.deployments()) {
      text.append(verdict.text()).append('\n');
    }
    if (!decision.traffic().why().isEmpty()) {
      text.append(
          "traffic: %s, until %s\n"
              .formatted(decision.traffic().why(), decision.traffic().until()));
    }
    for (FeatureVerdict feature : decision.features()) {
      text.append(
          "feature %s: %s, %s\n".formatted(feature.name(), feature.action(), feature.message()));
    }
    text.append(decision.observe() ? "observed only\n" : "");
    return text.toString();
  }
}
