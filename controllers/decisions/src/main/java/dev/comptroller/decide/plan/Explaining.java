package dev.comptroller.decide.plan;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Says why a plan serves a deployment as it does.
final class Explaining {
  private Explaining() {}

  static PlanExplanation of(Plan plan, int index) {
    DeploymentPlan made = plan.deployment(index);
    List<Candidate> candidates = new ArrayList<>();
    for (Offer offer : made.demand().offers()) {
      candidates.add(candidate(plan, index, made, offer));
    }
    Explanation choice = new Explanation(summary(made), binding(made), candidates);
    String slo =
        "%s tokens/s within the SLO for %s with %d %% headroom"
            .formatted(made.capacity(), made.demand().demand(), made.demand().headroom());
    return new PlanExplanation(choice, slo, made.target(), plan.gapPerMillion());
  }

  private static String summary(DeploymentPlan made) {
    if (made.picks().isEmpty()) {
      return "no replica";
    }
    String picks = made.picks().stream().map(Pick::line).collect(Collectors.joining(", "));
    String cpm = made.cpm().map(each -> ", CPM $" + each.print(2)).orElse("");
    return "%s: $%s/h%s, quality %s".formatted(picks, made.hourly().print(2), cpm, made.quality());
  }

  private static String binding(DeploymentPlan made) {
    if (!made.isFull()) {
      return String.join("; ", made.shortBy());
    }
    int fewest = made.demand().scaling().minReplicas();
    return made.replicas() == fewest && fewest > 0
        ? "scaling.minReplicas %d".formatted(fewest)
        : "demand %s tokens/s".formatted(made.demand().demand());
  }

  /// What keeps a deployment that is short from more, with numbers.
  static List<String> shortBy(Plan plan, int index) {
    Program program = plan.programs[index];
    Column column = plan.columns[index];
    List<String> reasons = new ArrayList<>();
    if (program.items.size == 0) {
      reasons.add("none of %d offers can serve".formatted(program.items.demand.offers().size()));
    }
    if (!column.isFull() && column.replicas >= Program.most(program.items)) {
      reasons.add("scaling.maxReplicas %d".formatted(Program.most(program.items)));
    } else {
      for (int row : Blocking.rows(program, column, plan.load)) {
        boolean never = row < plan.grid.poolRow && plan.grid.cap[row] == 0;
        if (!never) {
          reasons.add(row(plan, row));
        }
      }
    }
    if (reasons.isEmpty()) {
      reasons.add("no nodes, or the largest number, of every offer that may serve");
    }
    if (!column.isFull()) {
      reasons.addFirst(
          "%s of %s tokens/s"
              .formatted(
                  new TokensPerSecond(column.served()), new TokensPerSecond(column.items.need)));
    }
    return reasons;
  }

  /// What a row has and what of it is used.
  private static String row(Plan plan, int row) {
    Grid grid = plan.grid;
    long used = plan.load.used[row];
    if (row < grid.poolRow) {
      String kind = row % 2 == 0 ? "paid" : "further";
      return "%s: %d of %d %s nodes"
          .formatted(
              grid.names.get(row / 2).label(),
              Math.ceilDiv(used, Grid.NODE),
              grid.cap[row] / Grid.NODE,
              kind);
    }
    if (row < grid.namespaceRow) {
      String pool = grid.supply.pools().get(row - grid.poolRow).pool();
      HourlyRate ceiling = grid.supply.pools().get(row - grid.poolRow).ceiling();
      return "maxHourlySpend of %s: $%s/h of $%s/h"
          .formatted(pool, plan.hourly(pool).print(2), ceiling == null ? "-" : ceiling.print(2));
    }
    return "allowance of %s: $%s/h of $%s/h"
        .formatted(
            grid.namespaces.get(row - grid.namespaceRow),
            new Money(used).print(2),
            new Money(grid.cap[row]).print(2));
  }

  private static Candidate candidate(Plan plan, int index, DeploymentPlan made, Offer offer) {
    Grid grid = plan.grid;
    int chosen = made.replicas(offer.variant(), offer.place());
    long need = Math.max(1, made.demand().need().thousandths());
    long alone =
        offer.safe().thousandths() == 0 ? 0 : Math.ceilDiv(need, offer.safe().thousandths());
    int fewest = made.demand().scaling().minReplicas();
    int replicas = chosen > 0 ? chosen : Math.clamp(alone, fewest, Integer.MAX_VALUE);
    int place = grid.place(offer.place());
    @Nullable HourlyRate hourly = null;
    @Nullable Cpm cpm = null;
    if (place >= 0) {
      HourlyRate each =
          new HourlyRate(grid.nodePrice[place]).share(offer.gpus(), grid.perNode[place]);
      hourly = each.times(replicas);
      TokensPerSecond served =
          chosen > 0 && alone > chosen ? offer.safe().times(chosen) : made.demand().demand();
      cpm = Cpm.of(hourly, served).orElse(null);
    }
    return new Candidate(
        offer.variant(),
        offer.place().label(),
        offer.quality(),
        replicas,
        hourly,
        offer.safe(),
        cpm,
        chosen > 0 ? Candidate.CHOSEN : verdict(plan, index, made, offer, replicas, hourly));
  }

  private static String verdict(
      Plan plan,
      int index,
      DeploymentPlan made,
      Offer offer,
      int replicas,
      @Nullable HourlyRate hourly) {
    Grid grid = plan.grid;
    int place = grid.place(offer.place());
    if (!made.demand().admits(offer)) {
      return "below the quality floor " + made.demand().qualityFloor();
    }
    if (place < 0) {
      return "no pool has " + offer.place().label();
    }
    if (offer.safe().thousandths() == 0) {
      return "no rate is known that keeps the SLO";
    }
    if (grid.perNode(place, offer.gpus()) == 0) {
      return "%d GPUs do not fit a node of %d".formatted(offer.gpus(), grid.perNode[place]);
    }
    if (made.quality() != null && offer.quality().compareTo(made.quality()) < 0) {
      return "lower than quality " + made.quality();
    }
    Program program = plan.programs[index];
    if (program.billCap < Grid.UNLIMITED
        && hourly != null
        && hourly.microsPerHour() > program.billCap) {
      return "target CPM allows $%s/h".formatted(new Money(program.billCap).print(2));
    }
    if (replicas > Math.min(offer.most(), made.demand().scaling().maxReplicas())) {
      return "needs %d, at most %d"
          .formatted(replicas, Math.min(offer.most(), made.demand().scaling().maxReplicas()));
    }
    List<String> rows = blocked(plan, program, plan.columns[index], offer);
    return rows.isEmpty()
        ? "dearer: the choice costs $%s/h more than what is paid anyway"
            .formatted(made.cost().print(2))
        : "no room: " + String.join("; ", rows);
  }

  private static List<String> blocked(Plan plan, Program program, Column column, Offer offer) {
    List<String> rows = new ArrayList<>();
    int[] counts = column.counts();
    for (int i = 0; i < program.items.size; i++) {
      if (program.items.demand.offers().get(program.items.offer[i]).equals(offer)
          && Blocking.mayTake(program.items, counts, i)) {
        int row = Blocking.row(program.items, i, plan.load);
        if (row < 0) {
          return List.of();
        }
        String text = row(plan, row);
        if (!rows.contains(text)) {
          rows.add(text);
        }
      }
    }
    return rows;
  }
}
