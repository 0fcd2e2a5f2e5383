package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A namespace lived second by second under [MoneyLoop]: replicas that take time to come and go, a
/// view that is old, decisions that are carried out late, and a purse that knows nothing of them.
final class Life {
  final NamespacePolicy policy;
  final Pool pool;
  final PriceBooks books;
  final int delay;
  final int lag;
  final int look;
  final int step;
  Instant now;
  LoopState state = LoopState.EMPTY;
  @Nullable NamespaceDecision decision;

  /// Micro-dollars an hour * seconds, in the present period.
  BigInteger purse = BigInteger.ZERO;

  /// Quality * thousandths of tokens, ever.
  double kept;

  Window window;
  final List<Body> bodies = new ArrayList<>();
  final List<HourSpend> history = new ArrayList<>();
  final List<Money> periods = new ArrayList<>();
  final Map<String, Instant> changed = new HashMap<>();
  int changes;
  final List<String> log = new ArrayList<>();
  int decisions;

  /// Micro-dollars an hour that callers would spend at other namespaces; absent if none lets them.
  @Nullable LongSupplier appetite;

  /// Micro-dollars that others charged, by the period which the gateway was told of.
  final Map<Instant, Long> charged = new HashMap<>();

  private @Nullable Allotment allotted;
  private BigInteger hourPurse = BigInteger.ZERO;
  private final Deque<NamespaceSeen> views = new ArrayDeque<>();
  private final Deque<Order> orders = new ArrayDeque<>();
  private Instant nextLook;

  record Order(Instant due, List<Grant> grants, @Nullable Allotment allotment) {}

  /// A replica.
  static final class Body {
    final String deployment;
    final Variant variant;
    final Instant start;
    final Instant ready;
    @Nullable Instant gone;

    Body(String deployment, Variant variant, Instant start, Instant ready) {
      this.deployment = deployment;
      this.variant = variant;
      this.start = start;
      this.ready = ready;
    }
  }

  Life(NamespacePolicy policy, Pool pool, Instant start, int step, int look, int delay, int lag) {
    this.policy = policy;
    this.pool = pool;
    this.books = PriceBooks.of(Map.of(pool.name(), pool.prices()));
    this.now = start;
    this.step = step;
    this.look = look;
    this.delay = delay;
    this.lag = lag;
    this.window = policy.calendar().containing(start);
    this.nextLook = start;
  }

  /// Lives until `end`; `each` sees every decision.
  void until(Instant end, Consumer<NamespaceDecision> each) {
    while (now.isBefore(end)) {
      if (!window.contains(now)) {
        periods.add(spent(purse));
        purse = BigInteger.ZERO;
        window = policy.calendar().containing(now);
      }
      if (delay == 0 ? !now.isBefore(nextLook) : now.getEpochSecond() % 5 == 0) {
        views.addLast(view());
      }
      while (views.size() > 1 && !second(views).asOf().isAfter(now.minusSeconds(delay))) {
        views.removeFirst();
      }
      if (!now.isBefore(nextLook)) {
        NamespaceDecision made = decide(policy);
        each.accept(made);
        nextLook = now.plusSeconds(look);
      }
      while (!orders.isEmpty() && !orders.getFirst().due().isAfter(now)) {
        Order order = orders.removeFirst();
        order.grants().forEach(this::carryOut);
        allotted = order.allotment();
      }
      pass();
    }
  }

  private static NamespaceSeen second(Deque<NamespaceSeen> views) {
    var iterator = views.iterator();
    iterator.next();
    return iterator.next();
  }

  /// The decision on what is seen at present.
  NamespaceDecision decide(NamespacePolicy under) {
    NamespaceSeen old = views.getFirst();
    NamespaceSeen seen =
        new NamespaceSeen(old.asOf(), old.money(), old.deployments(), old.features(), state);
    NamespaceDecision made = MoneyLoop.decide(seen, under, now);
    decision = made;
    decisions++;
    for (Grant grant : made.grants()) {
      state
          .grant(grant.deployment())
          .ifPresent(
              before -> {
                if (!before.variant().equals(grant.variant())) {
                  changes++;
                  log.add(now + " " + before.variant() + "*" + before.replicas() + " -> " + grant);
                  Instant last = changed.put(grant.deployment(), now);
                  Duration dwell = policy(grant.deployment()).dwell();
                  if (last != null) {
                    assertThat(Duration.between(last, now))
                        .as("%s to %s: %s", before, grant, made.verdict(grant.deployment()))
                        .isGreaterThanOrEqualTo(dwell);
                  }
                }
              });
    }
    state = made.state();
    orders.addLast(new Order(now.plusSeconds(lag), made.enforced(), made.state().allotment()));
    return made;
  }

  DeploymentPolicy policy(String name) {
    return policy.deployments().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void carryOut(Grant grant) {
    DeploymentPolicy own = policy(grant.deployment());
    Variant variant =
        own.policy().ladder().stream()
            .filter(each -> each.name().equals(grant.variant()))
            .findFirst()
            .orElseThrow();
    List<Body> mine =
        bodies.stream()
            .filter(body -> body.deployment.equals(grant.deployment()) && body.gone == null)
            .toList();
    List<Body> same = mine.stream().filter(body -> body.variant.equals(variant)).toList();
    List<Body> others = mine.stream().filter(body -> !body.variant.equals(variant)).toList();
    for (int i = grant.replicas(); i < same.size(); i++) {
      release(same.get(i));
    }
    boolean serves =
        same.size() >= grant.replicas() && same.stream().allMatch(body -> !body.ready.isAfter(now));
    if (grant.surge() == 0 || serves) {
      others.forEach(this::release);
    }
    for (int i = same.size(); i < grant.replicas(); i++) {
      Instant ready = now.plus(own.transition().start()).plus(own.transition().warm());
      bodies.add(new Body(grant.deployment(), variant, now, ready));
    }
  }

  private void release(Body body) {
    // What the policy calls drain begins with the decision, a lag ago.
    body.gone =
        now.plus(policy.leaving().drain()).plus(policy.leaving().teardown()).minusSeconds(lag);
  }

  /// What was charged in the present period.
  Money charges() {
    return new Money(charged.getOrDefault(window.start(), 0L));
  }

  private void charge() {
    if (appetite != null && allotted != null) {
      long wanted = appetite.getAsLong() * step / 3600;
      long before = charged.getOrDefault(allotted.period(), 0L);
      charged.put(
          allotted.period(),
          Math.max(before, Math.min(before + wanted, allotted.limit().micros())));
    }
  }

  private void pass() {
    charge();
    bodies.removeIf(body -> body.gone != null && !body.gone.isAfter(now));
    long rate = 0;
    for (Body body : bodies) {
      rate += price(body);
      boolean serves = !body.ready.isAfter(now) && body.gone == null;
      if (serves && body.variant.throughput() != null) {
        kept +=
            body.variant.quality().doubleValue() * body.variant.throughput().thousandths() * step;
      }
    }
    BigInteger cost = BigInteger.valueOf(rate).multiply(BigInteger.valueOf(step));
    purse = purse.add(cost);
    hourPurse = hourPurse.add(cost);
    now = now.plusSeconds(step);
    if (now.getEpochSecond() % 3600 == 0) {
      history.add(new HourSpend(now.minusSeconds(3600), spent(hourPurse)));
      hourPurse = BigInteger.ZERO;
    }
  }

  private long price(Body body) {
    return Math.multiplyExact(
        books.quote(pool.name(), CapacityType.OnDemand, now).perNodeHour().microsPerHour(),
        body.variant.gpus());
  }

  static Money spent(BigInteger purse) {
    return new Money(
        purse.add(BigInteger.valueOf(3599)).divide(BigInteger.valueOf(3600)).longValueExact());
  }

  private NamespaceSeen view() {
    List<DeploymentSeen> seen = new ArrayList<>();
    for (DeploymentPolicy deployment : policy.deployments()) {
      seen.add(view(deployment));
    }
    MoneySeen money =
        new MoneySeen(
            now, window, spent(purse), charges(), false, List.copyOf(recent()), appetite != null);
    return new NamespaceSeen(now, money, seen, List.of(), LoopState.EMPTY);
  }

  private List<HourSpend> recent() {
    return history.subList(Math.max(0, history.size() - 28 * 24), history.size());
  }

  private DeploymentSeen view(DeploymentPolicy deployment) {
    Map<String, List<Body>> held = new HashMap<>();
    @Nullable Body active = null;
    for (Body body : bodies) {
      if (body.deployment.equals(deployment.name())) {
        held.computeIfAbsent(body.variant.name() + (body.gone != null), _ -> new ArrayList<>())
            .add(body);
        active = body.gone == null ? body : active;
      }
    }
    List<Holding> holdings = new ArrayList<>();
    for (List<Body> group : held.values()) {
      Body first = group.getFirst();
      Exposure one =
          Exposure.of(
              pool.name(),
              CapacityType.OnDemand,
              first.variant.gpus(),
              books,
              now,
              policy.leaving().total().plusSeconds(delay + 10L));
      int ready = (int) group.stream().filter(body -> !body.ready.isAfter(now)).count();
      holdings.add(
          new Holding(
              first.variant.name(),
              group.size(),
              ready,
              first.gone != null,
              one.times(group.size())));
    }
    List<VariantSeen> variants = new ArrayList<>();
    for (Variant variant : deployment.policy().ladder()) {
      variants.add(
          VariantSeen.of(
              variant,
              pool,
              null,
              VariantSeen.Slo.NotDeclared,
              now,
              policy.leaving().total().plusSeconds(delay + 10L)));
    }
    return new DeploymentSeen(
        deployment.name(), active == null ? null : active.variant.name(), holdings, variants, null);
  }
}
