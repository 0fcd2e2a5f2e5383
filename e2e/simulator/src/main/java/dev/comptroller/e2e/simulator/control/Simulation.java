package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.control.Setup.PoolSetup;
import dev.comptroller.e2e.simulator.control.Setup.Scaler;
import dev.comptroller.e2e.simulator.world.Agenda;
import dev.comptroller.e2e.simulator.world.Chance;
import dev.comptroller.e2e.simulator.world.Cluster;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Pod;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Tally;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A run: one namespace, its pools and clients, one operator, one thread, a clock of its own.
///
/// Time jumps from one moment at which something changes to the next. The same setup gives the
/// same run, to the last figure.
public final class Simulation {
  private static final long HOUR = 3600;
  private static final long DAY = 24 * HOUR;

  private final Setup setup;
  private final Agenda agenda;
  private final Cluster cluster;
  private final Map<String, Gateway> gateways = new TreeMap<>();
  private final Operator operator;
  private final Invariants invariants;
  private final List<Hour> hours = new ArrayList<>();
  private final List<Closed> periods = new ArrayList<>();
  private final Map<String, Long> wantedLessSince = new HashMap<>();
  private final Map<String, Autoscaling> autoscalings = new TreeMap<>();
  private Tally tally = new Tally();
  private Tally period = new Tally();
  private long hourStart;
  private long spentAtHour;
  private Window window;

  /// An hour that is over.
  ///
  /// @param start its first second
  /// @param tally what happened
  public record Hour(long start, Tally tally) {}

  /// A period that is over.
  ///
  /// @param window when it was
  /// @param spentMicros what it cost
  /// @param touched whether an outage of the operator fell into it
  /// @param tally what happened
  public record Closed(Window window, long spentMicros, boolean touched, Tally tally) {}

  /// A run of `setup` under `brain`.
  public Simulation(Setup setup, Brain brain) {
    this.setup = setup;
    agenda = new Agenda(setup.start());
    cluster = new Cluster(agenda, setup.faults(), Chance.of(setup.seed(), "cluster"));
    for (PoolSetup pool : setup.pools()) {
      cluster.addPool(pool.name(), pool.track());
      pool.nodes().forEach((type, count) -> cluster.addNodes(pool.name(), type, count));
    }
    for (Service service : setup.services()) {
      gateways.put(service.name(), new Gateway(service));
    }
    operator = new Operator(setup, agenda, cluster, gateways, brain);
    invariants = new Invariants(setup, agenda, cluster, operator);
    operator.onDecision(invariants::decided);
    operator.onChange(down -> tally.change(down));
    operator.onLook(
        () -> {
          invariants.check();
          invariants.looked();
        });
    cluster.onChange(operator::poke);
    window = setup.policy().calendar().containing(agenda.instant());
    hourStart = setup.start();
    Scaler scaler = setup.scaler();
    if (scaler != null) {
      for (DeploymentPolicy deployment : setup.policy().deployments()) {
        String name = deployment.name();
        if (scaler instanceof Setup.Own own) {
          autoscalings.put(
              name,
              new Autoscaling(
                  setup, deployment.policy(), own.terms().get(name), cluster, gateway(name)));
        }
      }
      agenda.after(scaler.every(), () -> scale(scaler));
    }
  }

  /// Runs until `end`, a second since 1970.
  public Simulation run(long end) {
    while (agenda.now() < end) {
      while (agenda.doNext()) {}
      step(end);
      boundaries();
    }
    return this;
  }

  /// Hours that are over.
  public List<Hour> hours() {
    return hours;
  }

  /// Periods that are over.
  public List<Closed> periods() {
    return periods;
  }

  /// All hours together.
  public Tally total() {
    Tally total = new Tally();
    hours.forEach(hour -> total.add(hour.tally()));
    return total;
  }

  /// The operator.
  public Operator operator() {
    return operator;
  }

  /// The cluster.
  public Cluster cluster() {
    return cluster;
  }

  /// The invariants, with what they saw.
  public Invariants invariants() {
    return invariants;
  }

  /// The gateway of a deployment.
  public Gateway gateway(String deployment) {
    Gateway gateway = gateways.get(deployment);
    if (gateway == null) {
      throw new IllegalArgumentException("no deployment " + deployment);
    }
    return gateway;
  }

  /// Enters something that happens at a second, such as a change of price.
  public void at(long second, Runnable act) {
    agenda.at(second, act);
  }

  private void step(long end) {
    long now = agenda.now();
    long next = Math.min(end, (now / HOUR + 1) * HOUR);
    next = Math.min(next, window.end().getEpochSecond());
    next = cluster.nextPrice(agenda.next(next));
    for (Gateway gateway : gateways.values()) {
      long step = gateway.service().demand().step();
      next = Math.min(next, (now / step + 1) * step);
      next = gateway.nextChange(now, next);
    }
    long seconds = next - now;
    if (seconds > 0) {
      for (Gateway gateway : gateways.values()) {
        double before = gateway.admittedTokens();
        gateway.serve(now, seconds, ready(gateway.service()), tally);
        invariants.admitted(now, gateway, gateway.admittedTokens() - before);
      }
      tally.hold(cluster.heldGpus(setup.policy().namespace()) * seconds);
      cluster.charge(next, operator.knows());
      agenda.advance(next);
    }
  }

  private Map<String, Integer> ready(Service service) {
    Map<String, Integer> ready = new HashMap<>();
    for (Pod pod : cluster.pods()) {
      if (pod.isServing() && pod.set().deployment().equals(service.name())) {
        ready.merge(pod.set().variant(), 1, Integer::sum);
      }
    }
    return ready;
  }

  private void boundaries() {
    long now = agenda.now();
    if (now % HOUR == 0 && now > hourStart) {
      long spent = cluster.purse(setup.policy().namespace()).micros();
      long hour = spent - spentAtHour;
      tally.spend(hour);
      hours.add(new Hour(hourStart, tally));
      period.add(tally);
      if (hourStart % HOUR == 0) {
        operator.hour(
            new HourSpend(
                java.time.Instant.ofEpochSecond(hourStart), new Money(Math.max(0, hour))));
      }
      tally = new Tally();
      hourStart = now;
      spentAtHour = spent;
    }
    if (now >= window.end().getEpochSecond()) {
      invariants.closing(window);
      periods.add(
          new Closed(
              window,
              cluster.purse(setup.policy().namespace()).micros(),
              invariants.isTouched(),
              period));
      invariants.opening();
      period = new Tally();
      cluster.purse(setup.policy().namespace()).empty();
      cluster.unforeseen(setup.policy().namespace()).empty();
      spentAtHour = 0;
      // What is left tells whether prices come and go.
      long kept = window.start().getEpochSecond() - DAY;
      cluster.prices().values().forEach(track -> track.forget(kept));
      window = setup.policy().calendar().containing(agenda.instant());
      operator.newPeriod(window);
    }
  }

  private void scale(Scaler scaler) {
    switch (scaler) {
      case Setup.Rated rated -> gateways.values().forEach(gateway -> scale(rated, gateway));
      case Setup.Own _ ->
          autoscalings.forEach(
              (name, own) -> operator.want(name, own.wanted(agenda.now()), own.expected()));
    }
    agenda.after(scaler.every(), () -> scale(scaler));
  }

  /// The autoscaler outside: replicas of the first rung for the demand.
  private void scale(Setup.Rated scaler, Gateway gateway) {
    Service.Rung first = gateway.service().rungs().getFirst();
    double one = first.speed().requests(gateway.arrivalMix()) * scaler.utilization() / 100;
    double rate = gateway.arrivalRate() + gateway.queue().rate(agenda.now());
    int replicas = (int) Math.ceil(rate / one - 1e-6);
    request(scaler, gateway.service().name(), replicas);
  }

  private void request(Setup.Rated scaler, String name, int replicas) {
    if (replicas >= operator.requested(name)) {
      wantedLessSince.remove(name);
      operator.request(name, replicas);
    } else if (agenda.now() - wantedLessSince.computeIfAbsent(name, _ -> agenda.now())
        >= scaler.down()) {
      wantedLessSince.remove(name);
      operator.request(name, replicas);
    }
  }
}
