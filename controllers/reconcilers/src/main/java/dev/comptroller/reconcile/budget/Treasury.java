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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The money of namespaces: what their replicas cost in the period of a budget.
///
/// A budget whose spec is invalid keeps what its last valid spec declared, as long as this process
/// has seen it.
public final class Treasury {
  private final FleetView view;
  private final Meter meter;
  private final Pools pools;
  private final Map<String, Declared> lastValid = new ConcurrentHashMap<>();

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
    String uid = budget.getMetadata().getUid();
    return switch (BudgetParser.parse(budget)) {
      case Parsed.Valid<Declared>(Declared declared) -> {
        lastValid.put(uid, declared);
        yield Optional.of(declared);
      }
      case Parsed.Invalid<Declared>(_) -> Optional.ofNullable(lastValid.get(uid));
    };
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
        .map(
            budget ->
                new Claimant(
                    budget.getMetadata().getName(),
                    Instant.parse(budget.getMetadata().getCreationTimestamp())))
        .sorted(Claimant.SENIORITY)
        .toList();
  }

  /// The account of the budget in force in `namespace`, if it has one that can be read.
  public Optional<Account> account(String namespace, Instant now) {
    return view.budgets(namespace).stream()
        .min(
            Comparator.comparing(
                budget ->
                    new Claimant(
                        budget.getMetadata().getName(),
                        Instant.parse(budget.getMetadata().getCreationTimestamp())),
                Claimant.SENIORITY))
        .flatMap(this::declared)
        .map(
            declared -> new Account(declared.calendar().period(), state(namespace, declared, now)));
  }
}
