package dev.comptroller.reconcile;

import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.Due;
import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.charges.Demands.Rates;
import dev.comptroller.reconcile.charges.Demands.Recent;
import dev.comptroller.reconcile.charges.Demands.Usually;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.TokenLedger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What replicas and gateways show: speeds by the former's counters, demand by the latter's, and by
/// their queues what may wait.
public record Measurements(Speeds speeds, Demands demands, Queues queues) implements Measured {
  /// The age at which the latest whole minute says nothing of the present.
  private static final Duration OLD = Duration.ofMinutes(3);

  @Override
  public Optional<SafeRate> rate(TokenLedger.Key variant, Limits limits, Slo slo, Instant now) {
    return speeds.rate(variant, limits, slo, now);
  }

  @Override
  public Optional<TokensPerSecond> demand(String namespace, String deployment, Instant now) {
    double times = demands.pulse(namespace, deployment).times();
    return demands
        .of(namespace, deployment, now)
        .map(rate -> new TokensPerSecond(Math.round(times * rate.thousandths())));
  }

  @Override
  public Optional<DemandSeen> asked(String namespace, String deployment, long queued, Instant now) {
    @Nullable List<Due> due = queues.due(namespace, deployment, now).orElse(null);
    return demands
        .recent(namespace, deployment, now)
        .flatMap(
            recent ->
                asked(
                    recent,
                    // What may wait is due by its windows; where those are not known it wakes.
                    queued + (due == null ? recent.waiting() : recent.interactive()),
                    due,
                    demands.minutes(namespace, deployment, now),
                    from -> demands.before(namespace, deployment, from),
                    demands.pulse(namespace, deployment),
                    profile(namespace, deployment, now),
                    now));
  }

  @Override
  public void onWaiting(BiConsumer<String, String> listener) {
    demands.onWaiting(listener);
  }

  /// Absent until gateways were looked at twice: from one look alone no rate follows, unless there
  /// are requests that wait, which need none.
  private static Optional<DemandSeen> asked(
      Recent recent,
      long waiting,
      @Nullable List<Due> due,
      List<Rates> known,
      Function<Instant, List<Double>> before,
      Pulse pulse,
      WeekProfile profile,
      Instant now) {
    Rates moment = recent.moment();
    if (moment == null && waiting == 0) {
      return Optional.empty();
    }
    List<Rates> minutes = latest(known, now);
    Instant until = minutes.isEmpty() ? now : minutes.getLast().to();
    return Optional.of(
        new DemandSeen(
            moment == null ? 0 : rate(moment),
            minutes.stream().map(Measurements::rate).toList(),
            minutes.isEmpty() ? List.of() : before.apply(minutes.getFirst().from()),
            minutes.stream().map(Measurements::requests).toList(),
            pulse,
            until,
            profile,
            waiting,
            waiting * tokensOfOne(known),
            due,
            recent.lastRequest()));
  }

  /// The latest minutes without a gap between them; none where they are too old.
  private static List<Rates> latest(List<Rates> known, Instant now) {
    int first = known.size();
    while (first > 0
        && (first == known.size()
            ? known.get(first - 1).to().plus(OLD).isAfter(now)
            : known.get(first - 1).to().equals(known.get(first).from()))) {
      first--;
    }
    return new ArrayList<>(known.subList(first, known.size()));
  }

  private WeekProfile profile(String namespace, String deployment, Instant now) {
    // The present week is not over.
    int weeks =
        demands.hour(namespace, deployment, WeekProfile.hourOf(now)).map(Usually::weeks).orElse(0)
            - 1;
    List<@Nullable Double> hours = new ArrayList<>();
    for (int hour = 0; hour < WeekProfile.HOURS; hour++) {
      hours.add(
          demands
              .hour(namespace, deployment, hour)
              .map(usually -> usually.tokens().thousandths() / 1000.0)
              .orElse(null));
    }
    return new WeekProfile(hours, Math.max(0, weeks));
  }

  private static double rate(Rates rates) {
    return rates.tokens().thousandths() / 1000.0;
  }

  private static double requests(Rates minute) {
    return 60 * minute.requestsPerSecond();
  }

  /// Tokens of a request on average; none where none was seen.
  private static double tokensOfOne(List<Rates> known) {
    double tokens = 0;
    double requests = 0;
    for (Rates minute : known) {
      tokens += rate(minute);
      requests += minute.requestsPerSecond();
    }
    return requests > 0 ? tokens / requests : 0;
  }
}
