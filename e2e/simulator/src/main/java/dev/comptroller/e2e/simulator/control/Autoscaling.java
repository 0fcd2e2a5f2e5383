package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.Expected;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandOutlook;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScaleSeen;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.e2e.simulator.control.Policies.Wanted;
import dev.comptroller.e2e.simulator.control.Setup.Terms;
import dev.comptroller.e2e.simulator.world.Cluster;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Pod;
import dev.comptroller.e2e.simulator.world.Service;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The operator's own autoscaler for one deployment, with what gateways count.
final class Autoscaling {
  private static final int MINUTES = 180;
  private static final int BUSY = 10;

  private final Setup setup;
  private final Policy policy;
  private final Terms terms;
  private final Cluster cluster;
  private final Gateway gateway;
  private ScaleState state = ScaleState.NEW;
  private final Map<String, String> products;
  private Expectation expected = new Expectation(new TokensPerSecond(0), List.of());

  Autoscaling(Setup setup, Policy policy, @Nullable Terms terms, Cluster cluster, Gateway gateway) {
    this.setup = setup;
    this.policy = policy;
    this.terms =
        terms == null
            ? new Terms(ScalePolicy.following(policy, ScalePolicy.USUAL, surplus(gateway)), true)
            : terms;
    this.cluster = cluster;
    this.gateway = gateway;
    products = setup.products();
  }

  /// What it wants at a second.
  Wanted wanted(long now) {
    List<Double> all = gateway.asked().minutes(setup.start(), now, DemandSeen.BEFORE + MINUTES);
    int first = Math.max(0, all.size() - MINUTES);
    List<Double> minutes = all.subList(first, all.size());
    long until = now / 60 * 60;
    DemandSeen demand =
        new DemandSeen(
            gateway.asked().mean(Math.max(setup.start(), now - 60), now),
            minutes,
            all.subList(0, first),
            List.of(),
            gateway.asked().pulse(setup.start(), now),
            Instant.ofEpochSecond(until),
            WeekProfile.UNKNOWN,
            0,
            0,
            terms.startsForBatch() ? gateway.queue().due() : List.of(),
            gateway.asked().last());
    Map<String, Pool> pools = View.pools(cluster, products, Instant.ofEpochSecond(now));
    List<RungSeen> rungs =
        policy.ladder().stream()
            .map(each -> rung(each, Objects.requireNonNull(pools.get(each.pool())), now))
            .toList();
    ScaleDecision decision =
        Autoscaler.next(
            new ScaleSeen(demand, rungs), terms.policy(), state, Instant.ofEpochSecond(now));
    state = decision.state();
    DemandOutlook outlook = decision.outlook();
    expected =
        new Expectation(
            asked(decision, demand.atItsBusiest().minutes(), now),
            outlook == null ? List.of() : demand.atItsBusiest().last(outlook.every()));
    return new Wanted(decision.variant(), decision.replicas());
  }

  private static ScalePolicy.Surplus surplus(Gateway gateway) {
    Service service = gateway.service();
    List<Optional<Duration>> longest =
        service.rungs().stream().map(rung -> Optional.ofNullable(rung.queue().longest())).toList();
    return ScalePolicy.Surplus.of(longest, service.limits().firstToken());
  }

  /// What money goes by, as of the last look.
  Expectation expected() {
    return expected;
  }

  private TokensPerSecond asked(ScaleDecision decision, List<Double> minutes, long now) {
    List<Double> last = minutes.subList(Math.max(0, minutes.size() - BUSY), minutes.size());
    double first = minutes.isEmpty() ? gateway.asked().mean(now - 1, now) : 0;
    double most = last.stream().mapToDouble(Double::doubleValue).max().orElse(first);
    TokensPerSecond busiest = new TokensPerSecond(Math.round(1000 * most));
    DemandOutlook outlook = decision.outlook();
    return outlook == null || !decision.reason().followsDemand()
        ? busiest
        : new Expected(
                decision.replicas(),
                speed(policy.ladder().getFirst()),
                new TokensPerSecond(Math.round(1000 * outlook.need())))
            .over(busiest);
  }

  private static TokensPerSecond speed(Variant variant) {
    TokensPerSecond declared = Objects.requireNonNull(variant.throughput());
    return new TokensPerSecond(declared.thousandths() * variant.targetUtilization() / 100);
  }

  private RungSeen rung(Variant variant, Pool pool, long now) {
    int running = 0;
    for (Pod pod : cluster.pods()) {
      boolean own =
          pod.set().deployment().equals(policy.name())
              && pod.set().variant().equals(variant.name());
      running += own && pod.holdsGpus() && pod.isStaying() ? 1 : 0;
    }
    return new RungSeen(
        variant.name(),
        pool.cheapest(variant.gpus(), Instant.ofEpochSecond(now)),
        speed(variant),
        null,
        true,
        running,
        pool.room(variant.gpus()),
        Duration.ofSeconds(setup.faults().start()),
        null);
  }
}
