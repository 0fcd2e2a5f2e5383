package dev.comptroller.decide.condition;

import dev.comptroller.decide.budget.BudgetState;
import java.util.List;
import java.util.stream.Collectors;

/// The conditions of an InferenceBudget.
///
/// Messages show percents, not dollars that flow, so that they change when heat does; but that of
/// `Forecasted`, which tells its dollars.
public final class BudgetConditions {
  private BudgetConditions() {}

  /// `Ready`, `WithinBudget`, `Forecasted`, `Exhausted`, `Conflict`.
  public static List<Finding> judge(BudgetView view) {
    return List.of(
        ready(view), withinBudget(view), forecasted(view), exhausted(view), conflict(view));
  }

  private static Finding ready(BudgetView view) {
    return view.isInForce()
        ? Finding.yes(
            "Ready",
            "InForce",
            "$%s a %s for namespace %s"
                .formatted(view.state().amount(), view.period(), view.namespace()))
        : Finding.no("Ready", "SupersededBy", rivals(view));
  }

  private static Finding withinBudget(BudgetView view) {
    return view.state().spent().isMoreThan(view.state().amount())
        ? Finding.no("WithinBudget", "Exceeded", spent(view))
        : Finding.yes("WithinBudget", "WithinAmount", spent(view));
  }

  private static Finding exhausted(BudgetView view) {
    BudgetState state = view.state();
    return state.amount().isMoreThan(state.spent())
        ? Finding.no("Exhausted", "MoneyLeft", spent(view))
        : Finding.yes("Exhausted", "MoneyGone", spent(view));
  }

  private static Finding forecasted(BudgetView view) {
    BudgetState state = view.state();
    return Finding.yes(
        "Forecasted",
        "Forecast",
        "$%s, %d %% of $%s, by the end of this %s; %s"
            .formatted(
                state.forecast().atEnd().print(2),
                state.forecastPercent(),
                state.amount(),
                view.period(),
                view.outlook().basis()));
  }

  private static Finding conflict(BudgetView view) {
    return view.claimants().size() == 1
        ? Finding.no(
            "Conflict", "SingleBudget", "1 budget in namespace %s".formatted(view.namespace()))
        : Finding.yes("Conflict", "OlderBudgetExists", rivals(view));
  }

  private static String spent(BudgetView view) {
    BudgetState state = view.state();
    return "%d %% of $%s spent in this %s%s"
        .formatted(
            state.spentPercent(),
            state.amount(),
            view.period(),
            state.assumed() ? ", part of it at an upper bound because a price is not known" : "");
  }

  private static String rivals(BudgetView view) {
    String names =
        view.claimants().stream().map(BudgetView.Claimant::name).collect(Collectors.joining(", "));
    return "%d budgets in namespace %s (%s): %s is in force, as the oldest; delete the others"
        .formatted(view.claimants().size(), view.namespace(), names, view.winner());
  }
}
