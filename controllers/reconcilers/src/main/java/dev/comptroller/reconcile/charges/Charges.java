package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.charges.ChargeSample.AccountSample;
import dev.comptroller.reconcile.charges.ChargeSample.Charged;
import dev.comptroller.reconcile.charges.ChargeSample.Totals;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Charges of requests by who pays and who serves, in memory, from what gateways export.
///
/// What a namespace owes to others and what features have used comes from the accounts of the
/// gateways' ledger, which survive every restart; who spends most is summed up from counters, from
/// where the last process left them ([ChargeBook]). What is missing there: what a gateway counted
/// after the last look at it, and where both end within a minute, after the last save. Several
/// gateways on one ledger show
/// the same accounts, of which the largest counts, and counters of their own, which are added up.
/// Thread-safe.
public final class Charges {
  private final Map<String, Map<Charged, Totals>> lastByGateway = new HashMap<>();
  private final Map<AccountKey, AccountSample> accounts = new HashMap<>();
  private final Map<String, Period> periods = new HashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private boolean restored;

  private record AccountKey(String kind, String namespace, String name, Instant period) {}

  private static final class Period {
    final Instant start;
    final Map<Charged, Totals> sums = new HashMap<>();

    Period(Instant start) {
      this.start = start;
    }
  }

  /// A sum of charges.
  ///
  /// @param name who or what it is of
  /// @param spent dollars
  /// @param requests how many requests
  public record Sum(String name, Money spent, long requests) {
    /// Most first.
    static final Comparator<Sum> ORDER =
        Comparator.comparing(Sum::spent).reversed().thenComparing(Sum::name);

    /// Dollars per request; absent without requests.
    public Optional<Money> perRequest() {
      return requests == 0
          ? Optional.empty()
          : Optional.of(
              Money.ofMicros(BigInteger.valueOf(spent.micros()), BigInteger.valueOf(requests)));
    }
  }

  /// The charges of a namespace in a period.
  ///
  /// @param abroad paid to other namespaces, settled
  /// @param held for other namespaces, not settled yet
  /// @param recovered received from other namespaces
  /// @param features what each feature was charged, most first
  /// @param models what each deployment charged the namespace, most first
  /// @param used settled and held by feature, as far as a ledger knows it
  /// @param trueUp measured cost less charges in micro-dollars, by `deployment/variant` of the
  ///     namespace's own deployments
  public record Figures(
      Money abroad,
      Money held,
      Money recovered,
      List<Sum> features,
      List<Sum> models,
      SortedMap<String, Money> used,
      SortedMap<String, Long> trueUp) {
    /// What a feature was charged.
    public Sum feature(String name) {
      return features.stream()
          .filter(sum -> sum.name().equals(name))
          .findFirst()
          .orElseGet(() -> new Sum(name, Money.ZERO, 0));
    }

    /// What is held for the requests of a feature, as far as a ledger knows it.
    public Money held(String feature) {
      Money sum = used.get(feature);
      return sum == null ? Money.ZERO : sum.minus(feature(feature).spent()).max(Money.ZERO);
    }

    /// Nothing was charged.
    public static final Figures NONE =
        new Figures(
            Money.ZERO,
            Money.ZERO,
            Money.ZERO,
            List.of(),
            List.of(),
            new TreeMap<>(),
            new TreeMap<>());
  }

  /// Calls `listener` with a namespace whose charges changed; it must not block.
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  /// What was booked up to now, and from which counters.
  synchronized ChargeBook book() {
    Map<String, ChargeBook.Booked> booked = new HashMap<>();
    periods.forEach(
        (namespace, period) ->
            booked.put(namespace, new ChargeBook.Booked(period.start, period.sums)));
    return new ChargeBook(lastByGateway, booked);
  }

  /// Goes on from `book`, before anything is added: from then on every counter that is not in it is
  /// new.
  void restore(ChargeBook book) {
    synchronized (this) {
      restored = true;
      lastByGateway.putAll(book.gateways());
      book.periods()
          .forEach(
              (namespace, booked) -> {
                Period period = new Period(booked.start());
                period.sums.putAll(booked.sums());
                periods.put(namespace, period);
              });
    }
    book.periods()
        .keySet()
        .forEach(namespace -> listeners.forEach(listener -> listener.accept(namespace)));
  }

  /// Takes in what a gateway exports.
  ///
  /// @param gateway names its process
  /// @param fresh whether it began after this process, so that all it counted is new
  void add(String gateway, ChargeSample sample, boolean fresh) {
    for (String namespace : take(gateway, sample, fresh)) {
      listeners.forEach(listener -> listener.accept(namespace));
    }
  }

  /// The namespaces whose charges changed.
  private synchronized Set<String> take(String gateway, ChargeSample sample, boolean fresh) {
    Set<String> changed = new TreeSet<>();
    @Nullable Map<Charged, Totals> before = lastByGateway.put(gateway, sample.counters());
    if (before != null || fresh || restored) {
      Map<Charged, Totals> last = before == null ? Map.of() : before;
      sample
          .counters()
          .forEach(
              (key, totals) ->
                  book(key, totals.since(last.getOrDefault(key, Totals.NONE)), changed));
    }
    for (AccountSample account : sample.accounts()) {
      AccountKey key =
          new AccountKey(account.kind(), account.namespace(), account.name(), account.period());
      if (!account.equals(accounts.get(key))) {
        changed.add(account.namespace());
      }
      accounts.merge(
          key,
          account,
          (old, now) ->
              new AccountSample(
                  now.kind(),
                  now.namespace(),
                  now.name(),
                  now.period(),
                  Math.max(old.spent(), now.spent()),
                  now.held()));
    }
    return changed;
  }

  /// Forgets gateways that are gone.
  synchronized void retain(Set<String> gateways) {
    lastByGateway.keySet().retainAll(gateways);
  }

  /// The charges of `namespace` in `window`.
  ///
  /// @param known what was published for that period before this process began, by deployment;
  ///     taken over if nothing is known of the period yet
  public synchronized Figures read(String namespace, Window window, List<Sum> known) {
    Period period = period(namespace, window, known);
    accounts.keySet().removeIf(key -> expired(key, namespace, window));
    Map<String, Totals> features = new HashMap<>();
    Map<String, Totals> models = new HashMap<>();
    SortedMap<String, Long> trueUp = new TreeMap<>();
    long recovered = 0;
    for (Map.Entry<Charged, Totals> entry : period.sums.entrySet()) {
      Charged key = entry.getKey();
      Totals sum = entry.getValue();
      boolean own = key.provider().equals(namespace);
      if (key.namespace().equals(namespace)) {
        features.merge(key.feature(), sum, Totals::plus);
        models.merge(
            own ? key.deployment() : key.provider() + "/" + key.deployment(), sum, Totals::plus);
      } else {
        recovered += sum.micros();
      }
      if (own && sum.measured() > 0) {
        trueUp.merge(
            key.deployment() + "/" + key.variant(), sum.measured() - sum.micros(), Long::sum);
      }
    }
    SortedMap<String, Money> used = new TreeMap<>();
    long abroad = 0;
    long held = 0;
    for (AccountSample account : accounts.values()) {
      if (!account.namespace().equals(namespace) || !account.period().equals(window.start())) {
        continue;
      }
      if (account.kind().equals("abroad")) {
        abroad += account.spent();
        held += account.held();
      } else if (account.kind().equals("feature")) {
        used.put(account.name(), new Money(account.spent() + account.held()));
        long requests = features.getOrDefault(account.name(), Totals.NONE).requests();
        features.put(account.name(), new Totals(account.spent(), requests, 0));
      }
    }
    return new Figures(
        new Money(abroad),
        new Money(held),
        new Money(recovered),
        sorted(features),
        sorted(models),
        used,
        trueUp);
  }

  private void book(Charged key, Totals more, Set<String> changed) {
    if (more.equals(Totals.NONE)) {
      return;
    }
    for (String namespace : new TreeSet<>(List.of(key.namespace(), key.provider()))) {
      changed.add(namespace);
      periods
          .computeIfAbsent(namespace, _ -> new Period(Instant.MIN))
          .sums
          .merge(key, more, Totals::plus);
    }
  }

  private Period period(String namespace, Window window, List<Sum> known) {
    Period period = periods.get(namespace);
    if (period != null && period.start.equals(window.start())) {
      return period;
    }
    Period next = new Period(window.start());
    if (period == null || period.start.equals(Instant.MIN)) {
      for (Sum sum : known) {
        int slash = sum.name().indexOf('/');
        String provider = slash < 0 ? namespace : sum.name().substring(0, slash);
        next.sums.put(
            new Charged(namespace, "default", provider, sum.name().substring(slash + 1), ""),
            new Totals(sum.spent().micros(), sum.requests(), 0));
      }
      if (period != null) {
        period.sums.forEach((key, totals) -> next.sums.merge(key, totals, Totals::plus));
      }
    }
    periods.put(namespace, next);
    return next;
  }

  private static boolean expired(AccountKey key, String namespace, Window window) {
    return key.namespace().equals(namespace) && key.period().isBefore(window.start());
  }

  private static List<Sum> sorted(Map<String, Totals> sums) {
    return sums.entrySet().stream()
        .map(
            entry ->
                new Sum(
                    entry.getKey(),
                    new Money(entry.getValue().micros()),
                    entry.getValue().requests()))
        .filter(sum -> sum.spent().micros() > 0 || sum.requests() > 0)
        .sorted(Sum.ORDER)
        .toList();
  }
}
