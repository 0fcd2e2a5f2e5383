package dev.comptroller.decide.loop;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Why a deployment was granted what it was.
///
/// @param deployment the deployment
/// @param from the rung that served before; absent if none did
/// @param to the rung that is granted; absent if nothing is
/// @param depth rungs lower that the heat ladder asks for
/// @param explanation summary, binding constraint and candidates in ladder order
/// @param slo whether each candidate keeps its latency, in the same order
/// @param hourlyBefore dollars an hour that it cost before
/// @param hourly dollars an hour that are granted
/// @param withoutBudget what would serve without the budget; absent if nothing could
/// @param savedHourly dollars an hour less than without the budget
/// @param saved dollars less than without the budget until `until` or the period's end
/// @param until when it is expected to end; absent if there is nothing to end
public record DeploymentVerdict(
    String deployment,
    @Nullable String from,
    @Nullable String to,
    int depth,
    Explanation explanation,
    List<VariantSeen.Slo> slo,
    HourlyRate hourlyBefore,
    HourlyRate hourly,
    @Nullable Counterfactual withoutBudget,
    HourlyRate savedHourly,
    Money saved,
    @Nullable Instant until) {
  /// How constraints begin, and what they are.
  private static final Map<String, String> KINDS =
      Map.ofEntries(
          Map.entry("allowed $/hour", "AllowedRate"),
          Map.entry("hard limit", "HardLimit"),
          Map.entry("heat ladder", "HeatLadder"),
          Map.entry("the heat ladder asks", "HeatLadder"),
          Map.entry("demand", "Demand"),
          Map.entry("spec.replicas", "Replicas"),
          Map.entry("dwell: ", "Dwell"),
          Map.entry("the period ends", "PeriodEnd"),
          Map.entry("transition: ", "TransitionCost"),
          Map.entry("dearer than ", "DearerVariant"),
          Map.entry("below the quality floor", "QualityFloor"),
          Map.entry("downgrade.allowed", "DowngradeForbidden"),
          Map.entry("ladder", "NoVariantMayServe"),
          Map.entry("SpendUnknown", "Held"),
          Map.entry("SpendStale", "Held"),
          Map.entry("FleetStale", "Held"),
          Map.entry("PriceUnknown", "Held"));

  public DeploymentVerdict {
    slo = List.copyOf(slo);
    if (slo.size() != explanation.candidates().size()) {
      throw new IllegalArgumentException(
          "verdict on %s has %d candidates and %d SLOs"
              .formatted(deployment, explanation.candidates().size(), slo.size()));
    }
  }

  /// What would serve without the budget.
  ///
  /// @param variant the rung
  /// @param pool its pool
  /// @param replicas how many
  /// @param hourly what they cost
  /// @param quality the owner's figure
  public record Counterfactual(
      String variant, String pool, int replicas, HourlyRate hourly, BigDecimal quality) {}

  /// What bound it and why no other candidate, in a sentence: `bound by allowed $/hour; large on
  /// h100: 2 replicas, $16.00/h, CPM $2.22, quality 0.95, SLO met: costs more than $8.33/h`.
  public String why() {
    StringBuilder text = new StringBuilder("bound by " + explanation.binding());
    for (int i = 0; i < explanation.candidates().size(); i++) {
      text.append("; ").append(line(i));
    }
    return text.toString();
  }

  private String line(int index) {
    Candidate candidate = explanation.candidates().get(index);
    return "%s, %s: %s".formatted(candidate.figures(), slo.get(index).words(), candidate.verdict());
  }

  /// What bound it, as one word in CamelCase of which there are few: a constraint itself has
  /// figures in it.
  public String boundBy() {
    String binding = explanation.binding();
    return KINDS.entrySet().stream()
        .filter(kind -> binding.startsWith(kind.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("Obstacle");
  }

  /// Every figure in lines: the summary, each candidate, what binds, and what would be otherwise.
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("%s: %s\n".formatted(deployment, explanation.summary()));
    for (int i = 0; i < explanation.candidates().size(); i++) {
      text.append("  %s\n".formatted(line(i)));
    }
    text.append("  bound by %s\n".formatted(explanation.binding()));
    if (withoutBudget != null) {
      text.append(
          "  without the budget: %d x %s on %s for $%s/h, quality %s\n"
              .formatted(
                  withoutBudget.replicas(),
                  withoutBudget.variant(),
                  withoutBudget.pool(),
                  withoutBudget.hourly().print(2),
                  withoutBudget.quality().toPlainString()));
    }
    text.append("  saves $%s/h, $%s in all".formatted(savedHourly.print(2), saved.print(2)));
    return until == null ? text.toString() : text.append(", until " + until).toString();
  }
}
