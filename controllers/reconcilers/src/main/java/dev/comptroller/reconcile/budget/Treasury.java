package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.condition.BudgetView.Claimant;
import dev.comptroller.decide.cost.Metering;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.Spend;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.status.Parsed;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The money of namespaces: what their replicas cost in the period of a budget.
///
/// A budget whose spec is invalid keeps what its last valid spec declared: that stands in its
/// status.
public final class Treasury {
  private final FleetView view;
  private final Meter meter;
  private final Pools pools;

  /// A treasury over these sources.
  public Treasury(FleetView view, Meter meter, Pools pools) {
    this.view = view;
    this.meter = meter;
    this.pools = pools;
  }

  /// A budget with its figures.
  public record Account(Period period, BudgetState state) {}

  /// What `budget` declares, or last declared while it is invalid.
  public Optional<Declared> declared(InferenceBudget budget) {
    return switch (BudgetParser.parse(budget.getSpec())) {
      case Parsed.Valid<Declared>(Declared declared) -> Optional.of(declared);
      case Parsed.Invalid<Declared>(_) ->
          LastSpec.read(BudgetReport.previous(budget).lastValidSpec())
              .flatMap(
                  spec ->
                      BudgetParser.parse(spec) instanceof Parsed.Valid<Declared>(Declared last)
                          ? Optional.of(last)
                          : Optional.empty());
    };
  }

  /// The budget in force in `namespace`: the oldest, and of equally old ones the first by name.
  public Optional<InferenceBudget> inForce(String namespace) {
    return view.budgets(namespace).stream()
        .min(Comparator.comparing(Treasury::claimant, Claimant.SENIORITY));
  }

  /// The figures of `namespace` for a budget that declares `declared`.
  public BudgetState state(String namespace, Declared declared, Instant now) {
    PriceBooks books = pools.books();
    Meter.Reading reading = meter.read(namespace);
    Window window = declared.calendar().containing(now);
    Spend spend =
        reading.record().spentBetween(window.start(), window.end(), reading.live(), books, now);
    HourlyRate burn = Metering.burnRate(reading.live(), books, now);
    return BudgetState.linear(window, declared.amount(), spend.money(), burn, spend.assumed(), now);
  }

  /// The budgets of `namespace` that claim to be its one, oldest first.
  public List<Claimant> claimants(String namespace) {
    return view.budgets(namespace).stream()
        .map(Treasury::claimant)
        .sorted(Claimant.SENIORITY)
        .toList();
  }

  /// The account of the budget in force in `namespace`, if it has one that can be read.
  public Optional<Account> account(String namespace, Instant now) {
    return inForce(namespace)
        .flatMap(this::declared)
        .map(
            declared -> new Account(declared.calendar().period(), state(namespace, declared, now)));
  }

  private static Claimant claimant(InferenceBudget budget) {
    return new Claimant(
        budget.getMetadata().getName(), Instant.parse(budget.getMetadata().getCreationTimestamp()));
  }
}
