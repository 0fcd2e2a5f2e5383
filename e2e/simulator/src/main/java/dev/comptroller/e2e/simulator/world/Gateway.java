package dev.comptroller.e2e.simulator.world;

import dev.comptroller.decide.scale.Due;
import dev.comptroller.e2e.simulator.world.Demand.Flow;
import dev.comptroller.e2e.simulator.world.Demand.Kind;
import dev.comptroller.e2e.simulator.world.Service.Rung;
import dev.comptroller.e2e.simulator.world.Table.Account;
import dev.comptroller.e2e.simulator.world.Tally.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The gateway of a deployment: admits by the last table that it got, whoever is alive.
///
/// Traffic is a fluid: between two moments at which nothing changes, requests are rates. What waits
/// for a replica and what waits in the queue are amounts.
public final class Gateway {
  private static final long STREAM = 30;

  private final Service service;
  private final Waiting queue = new Waiting();
  private Table table = Table.EMPTY;
  private final Map<String, Long> closedAt = new TreeMap<>();
  private long present;
  private double backlog;
  private final Asked asked = new Asked();
  private double admittedTokens;
  private double arrivalRate;
  private Speed.Mix arrivalMix = new Speed.Mix(1, 1);

  /// A gateway without a table.
  public Gateway(Service service) {
    this.service = service;
  }

  /// Takes a new table.
  public void route(Table next, long now) {
    Map<String, Integer> old = table.weightsOf(service.name());
    Map<String, Integer> weights = next.weightsOf(service.name());
    for (Rung rung : service.rungs()) {
      if (old.getOrDefault(rung.variant(), 0) > 0 && weights.getOrDefault(rung.variant(), 0) == 0) {
        closedAt.put(rung.variant(), now);
      }
    }
    table = next;
    present = now;
  }

  /// Requests that a replica of `variant` works on, as a round figure: streams take up to half a
  /// minute to end once nothing new comes.
  public long inFlight(String variant) {
    if (table.weightsOf(service.name()).getOrDefault(variant, 0) > 0) {
      return arrivalRate > 0 ? 3 : 0;
    }
    Long closed = closedAt.get(variant);
    return closed != null && closed + STREAM > present ? 1 : 0;
  }

  /// Its table.
  public Table table() {
    return table;
  }

  /// The deployment.
  public Service service() {
    return service;
  }

  /// Tokens that were admitted so far, in and out.
  public double admittedTokens() {
    return admittedTokens;
  }

  /// What was asked for in the last hours, but for the queue.
  public Asked asked() {
    return asked;
  }

  /// Requests a second that came of late and were not for the queue, smoothed over five minutes.
  public double arrivalRate() {
    return arrivalRate;
  }

  /// Their tokens.
  public Speed.Mix arrivalMix() {
    return arrivalMix;
  }

  /// What waits in the queue.
  public Waiting queue() {
    return queue;
  }

  /// The next second at which admission changes by itself; `otherwise` if that is sooner.
  public long nextChange(long now, long otherwise) {
    @Nullable Account account = table.account();
    return account != null && account.fundedUntil() > now
        ? Math.min(otherwise, account.fundedUntil())
        : otherwise;
  }

  /// Serves from `now` on for `seconds`, in which nothing changes.
  ///
  /// @param ready serving replicas by variant
  public void serve(long now, long seconds, Map<String, Integer> ready, Tally tally) {
    present = now;
    Account account = table.account() == null ? Account.FREE : table.account();
    List<Flow> flows = new ArrayList<>(service.demand().at(now));
    flows.sort(Comparator.comparingInt(Flow::priority).reversed().thenComparing(Flow::feature));
    queue.expire(now).ifPresent(tally::miss);
    flows.forEach(flow -> tally.arrive(flow.requests() * seconds));
    ready.forEach((variant, count) -> tally.ready(variant, count * seconds));
    boolean acts = !account.observe();
    long cap =
        acts && account.maxOutputTokens() != null ? account.maxOutputTokens() : Long.MAX_VALUE;
    observe(flows, now, seconds, cap, acts && account.queueBatch());
    @Nullable Refusal closed =
        !acts
            ? null
            : now >= account.fundedUntil()
                ? Refusal.Unfunded
                : account.suspended() ? Refusal.Suspended : null;
    if (closed != null) {
      Refusal why = closed;
      flows.forEach(flow -> tally.refuse(why, flow.requests() * seconds));
      refuseBacklog(tally, closed);
      return;
    }
    double budget =
        acts && account.tokensPerMinute() != null
            ? account.tokensPerMinute() * seconds / 60.0
            : Double.MAX_VALUE;
    double requests = 0;
    double input = 0;
    double output = 0;
    for (Flow flow : flows) {
      double count = flow.requests() * seconds;
      double length = flow.output().mean(cap);
      double tokens = flow.input() + length;
      double admitted = Math.min(count, budget / tokens);
      tally.refuse(Refusal.Throttled, count - admitted);
      budget -= admitted * tokens;
      admittedTokens += admitted * tokens;
      if (flow.kind() == Kind.Batch
          || (flow.kind() == Kind.Movable && acts && account.queueBatch())) {
        queue.add(now + service.limits().window(), admitted, new Speed.Mix(flow.input(), length));
        if (flow.kind() == Kind.Movable) {
          tally.move(admitted);
        }
      } else {
        requests += admitted;
        input += admitted * flow.input();
        output += admitted * length;
      }
    }
    Speed.Mix mix = requests > 0 ? new Speed.Mix(input / requests, output / requests) : arrivalMix;
    compute(requests, mix, seconds, legs(ready, mix), tally);
  }

  private void observe(List<Flow> flows, long now, long seconds, long cap, boolean moves) {
    double rate = 0;
    double input = 0;
    double output = 0;
    for (Flow flow : flows) {
      if (flow.kind() == Kind.Interactive || (flow.kind() == Kind.Movable && !moves)) {
        rate += flow.requests();
        input += flow.requests() * flow.input();
        output += flow.requests() * flow.output().mean(cap);
      }
    }
    asked.add(now, seconds, input + output);
    double keep = Math.exp(-seconds / 300.0);
    arrivalRate = keep * arrivalRate + (1 - keep) * rate;
    if (rate > 0) {
      arrivalMix = new Speed.Mix(input / rate, output / rate);
    }
  }

  private void refuseBacklog(Tally tally, Refusal why) {
    tally.refuse(why, backlog);
    backlog = 0;
  }

  /// A variant that gets requests, what it can do and what it does.
  private static final class Leg {
    final Rung rung;
    final int weight;
    final int replicas;
    final double limit;
    double rate;

    Leg(Rung rung, int weight, int replicas, double limit) {
      this.rung = rung;
      this.weight = weight;
      this.replicas = replicas;
      this.limit = limit;
    }

    double room() {
      return replicas * rung.queue().room(limit / replicas);
    }
  }

  private List<Leg> legs(Map<String, Integer> ready, Speed.Mix mix) {
    Map<String, Integer> weights = table.weightsOf(service.name());
    List<Leg> legs = new ArrayList<>();
    for (Rung rung : service.rungs()) {
      int weight = weights.getOrDefault(rung.variant(), 0);
      int replicas = ready.getOrDefault(rung.variant(), 0);
      if (weight > 0 && replicas > 0) {
        legs.add(new Leg(rung, weight, replicas, replicas * rung.speed().requests(mix)));
      }
    }
    return legs;
  }

  private void compute(double requests, Speed.Mix mix, long seconds, List<Leg> legs, Tally tally) {
    if (legs.isEmpty()) {
      tally.refuse(Refusal.NotReady, requests);
      refuseBacklog(tally, Refusal.NotReady);
      return;
    }
    double limit = legs.stream().mapToDouble(leg -> leg.limit).sum();
    double waiting = backlog;
    double offered = backlog + requests;
    double done = Math.min(offered, limit * seconds);
    double room = legs.stream().mapToDouble(Leg::room).sum();
    backlog = Math.min(offered - done, room);
    tally.refuse(Refusal.Busy, Math.max(0, offered - done - backlog));
    double rate = done / seconds;
    divide(rate, legs);
    double wait = (waiting + backlog) / 2 / limit;
    double late = done > requests ? 1 - requests / done : 0;
    for (Leg leg : legs) {
      double each = leg.rate / leg.replicas;
      Speed speed = leg.rung.speed();
      boolean met =
          wait + speed.firstToken(each, mix) <= service.limits().firstToken()
              && speed.iteration(each, mix) <= service.limits().perToken();
      tally.serve(leg.rung.variant(), leg.rung.quality(), leg.rate * seconds, mix, false);
      tally.meet(met ? leg.rate * seconds : 0);
      tally.late(late * leg.rate * seconds * mix.total(), leg.rung.quality());
      idle(leg, seconds, tally);
    }
  }

  /// Divides a rate by weight; what one cannot take goes to the others.
  private static void divide(double rate, List<Leg> legs) {
    int weights = legs.stream().mapToInt(leg -> leg.weight).sum();
    double left = rate;
    for (Leg leg : legs) {
      leg.rate = Math.min(leg.limit, rate * leg.weight / weights);
      left -= leg.rate;
    }
    for (Leg leg : legs) {
      double more = Math.min(Math.max(0, left), leg.limit - leg.rate);
      leg.rate += more;
      left -= more;
    }
  }

  /// Queued work in the slots that interactive work leaves idle.
  private void idle(Leg leg, long seconds, Tally tally) {
    double idle = leg.limit == 0 ? 0 : 1 - leg.rate / leg.limit;
    while (idle > 1e-9 && queue.next() != null) {
      Waiting.Work work = queue.next();
      double possible = idle * leg.replicas * leg.rung.speed().requests(work.mix()) * seconds;
      double done = Math.min(possible, work.requests());
      queue.take(done);
      tally.serve(leg.rung.variant(), leg.rung.quality(), done, work.mix(), true);
      idle -= idle * done / possible;
    }
  }

  /// Queued work, by deadline.
  public static final class Waiting {
    private final TreeMap<Long, Work> byDeadline = new TreeMap<>();

    /// Requests with one deadline.
    record Work(double requests, Speed.Mix mix) {}

    void add(long deadline, double requests, Speed.Mix mix) {
      if (requests > 0) {
        byDeadline.merge(deadline, new Work(requests, mix), Waiting::together);
      }
    }

    private static Work together(Work left, Work right) {
      double sum = left.requests() + right.requests();
      double input = left.requests() * left.mix().input() + right.requests() * right.mix().input();
      double output =
          left.requests() * left.mix().output() + right.requests() * right.mix().output();
      return new Work(sum, new Speed.Mix(input / sum, output / sum));
    }

    @Nullable Work next() {
      return byDeadline.isEmpty() ? null : byDeadline.firstEntry().getValue();
    }

    void take(double requests) {
      long deadline = byDeadline.firstKey();
      Work work = byDeadline.firstEntry().getValue();
      double left = work.requests() - requests;
      if (left <= 1e-6) {
        byDeadline.remove(deadline);
      } else {
        byDeadline.put(deadline, new Work(left, work.mix()));
      }
    }

    OptionalDouble expire(long now) {
      double missed = 0;
      while (!byDeadline.isEmpty() && byDeadline.firstKey() <= now) {
        missed += byDeadline.pollFirstEntry().getValue().requests();
      }
      return missed > 0 ? OptionalDouble.of(missed) : OptionalDouble.empty();
    }

    /// Requests that wait.
    public double requests() {
      return byDeadline.values().stream().mapToDouble(Work::requests).sum();
    }

    /// What waits, by when it must be done.
    public List<Due> due() {
      List<Due> due = new ArrayList<>();
      byDeadline.forEach(
          (by, work) ->
              due.add(new Due(Instant.ofEpochSecond(by), work.requests() * work.mix().total())));
      return due;
    }

    /// Requests a second that keep all windows, with half an hour to spare.
    public double rate(long now) {
      double sum = 0;
      double most = 0;
      for (Map.Entry<Long, Work> entry : byDeadline.entrySet()) {
        sum += entry.getValue().requests();
        most = Math.max(most, sum / Math.max(60, entry.getKey() - now - 1800));
      }
      return most;
    }

    /// Tokens that wait.
    public double tokens() {
      return byDeadline.values().stream()
          .mapToDouble(work -> work.requests() * work.mix().total())
          .sum();
    }
  }
}
