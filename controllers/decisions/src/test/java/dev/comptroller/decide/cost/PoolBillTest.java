package dev.comptroller.decide.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.NodeRecord.Node;
import dev.comptroller.decide.cost.NodeRecord.NodeKey;
import dev.comptroller.decide.cost.NodeRecord.Sight;
import dev.comptroller.decide.cost.PoolBill.Held;
import dev.comptroller.decide.cost.PoolBill.Split;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PoolBillTest {
  private static final String POOL = "h100";
  private static final int GPUS = 8;
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Instant END = Instant.parse("2026-04-01T00:00:00Z");

  private static PriceBooks books(Price... prices) {
    return PriceBooks.of(Map.of(POOL, new PriceBook(GPUS, List.of(prices))));
  }

  private static final PriceBooks BOOKS =
      books(Price.always(CapacityType.OnDemand, HourlyRate.parse("80.00")));

  private static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  private static Node node(String name, long joined) {
    return new Node(new NodeKey(name, at(joined)), CapacityType.OnDemand, at(joined));
  }

  private static NodeRecord see(NodeRecord record, long now, Node... nodes) {
    return see(record, now, Map.of(), START, nodes);
  }

  private static NodeRecord see(
      NodeRecord record, long now, Map<NodeKey, Instant> left, Instant known, Node... nodes) {
    return record.after(new Sight(POOL, GPUS, List.of(nodes), left, known), BOOKS, at(now));
  }

  private static ReplicaInterval runs(String uid, int gpus, long start) {
    return new ReplicaInterval(
        uid, POOL, CapacityType.OnDemand, gpus, at(start), new ReplicaInterval.Running());
  }

  private static PoolBill bill(NodeRecord nodes, Map<String, Held> namespaces, long now) {
    return PoolBill.of(POOL, START, END, nodes, namespaces, BOOKS, at(now));
  }

  private static Money dollars(String text) {
    return Money.parse(text);
  }

  @Test
  void shouldLeaveToThePoolWhatNoReplicaHolds() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    Map<String, Held> held =
        Map.of("team", new Held(SpendRecord.EMPTY, List.of(runs("x", 2, 1800))));

    PoolBill bill = bill(nodes, held, 3600);

    assertThat(bill.spent())
        .isEqualTo(
            new Split(
                dollars("80"),
                new TreeMap<>(Map.of("team", dollars("10"))),
                dollars("70"),
                Money.ZERO));
    assertThat(bill.hourly())
        .isEqualTo(
            new Split(
                dollars("80"),
                new TreeMap<>(Map.of("team", dollars("20"))),
                dollars("60"),
                Money.ZERO));
    assertThat(bill.spent().allocated()).isEqualTo(dollars("10"));
  }

  @Test
  void shouldStayTheSameWhileNodesStay() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0), node("b", 30));
    assertThat(see(nodes, 5000, node("b", 30), node("a", 0))).isSameAs(nodes);
  }

  @Test
  void shouldChargeANodeThatLeftUntilItWasSeenToLeave() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    NodeRecord after = see(nodes, 5400, Map.of(new NodeKey("a", START), at(1800)), START);
    PoolBill bill = bill(after, Map.of(), 7200);
    assertThat(bill.spent().nodes()).isEqualTo(dollars("40"));
    assertThat(bill.unobserved()).isEqualTo(Money.ZERO);
    assertThat(bill.hourly().nodes()).isEqualTo(Money.ZERO);
  }

  @Test
  void shouldTellHowMuchTooMuchANodeMayBeThatLeftWhileNobodyLooked() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 900, node("a", 0));
    assertThat(bill(see(nodes, 3600), Map.of(), 7200))
        .extracting(bill -> bill.spent().nodes(), PoolBill::unobserved)
        .as("known to be there when the record changed last")
        .containsExactly(dollars("80"), dollars("60"));
    assertThat(bill(see(nodes, 3600, Map.of(), at(2700)), Map.of(), 7200))
        .extracting(bill -> bill.spent().nodes(), PoolBill::unobserved)
        .as("known to be there when the status was written last")
        .containsExactly(dollars("80"), dollars("20"));
  }

  @Test
  void shouldTellANodeFromAnotherOfTheSameName() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    NodeRecord after =
        see(nodes, 3600, Map.of(new NodeKey("a", START), at(900)), START, node("a", 2700));
    PoolBill bill = bill(after, Map.of(), 3600);
    assertThat(bill.spent().nodes()).isEqualTo(dollars("40"));
    assertThat(bill.hourly().nodes()).isEqualTo(dollars("80"));
  }

  @Test
  void shouldChargeANodeOtherwiseFromWhenItIsPaidForOtherwise() {
    PriceBooks two =
        books(
            Price.always(CapacityType.OnDemand, HourlyRate.parse("80")),
            Price.always(CapacityType.Spot, HourlyRate.parse("20")));
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    Node spot = new Node(new NodeKey("a", START), CapacityType.Spot, START);
    NodeRecord after =
        nodes.after(new Sight(POOL, GPUS, List.of(spot), Map.of(), START), two, at(1800));
    PoolBill bill = PoolBill.of(POOL, START, END, after, Map.of(), two, at(3600));
    assertThat(bill.spent().nodes()).isEqualTo(dollars("50"));
  }

  @Test
  void shouldTellWhatReplicasAreChargedBeyondAllNodes() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    NodeRecord after = see(nodes, 1800, Map.of(new NodeKey("a", START), at(1800)), START);
    Map<String, Held> held = Map.of("team", new Held(SpendRecord.EMPTY, List.of(runs("x", 8, 0))));
    Split spent = bill(after, held, 2700).spent();
    assertThat(spent.nodes()).isEqualTo(dollars("40"));
    assertThat(spent.allocated()).isEqualTo(dollars("60"));
    assertThat(spent.unallocated()).isEqualTo(Money.ZERO);
    assertThat(spent.excess()).isEqualTo(dollars("20"));
  }

  @Test
  void shouldChargeNoPoolForAnother() {
    NodeRecord nodes = see(NodeRecord.EMPTY, 60, node("a", 0));
    ReplicaInterval elsewhere =
        new ReplicaInterval(
            "x", "l4", CapacityType.OnDemand, 8, START, new ReplicaInterval.Running());
    Map<String, Held> held = Map.of("team", new Held(SpendRecord.EMPTY, List.of(elsewhere)));
    assertThat(bill(nodes, held, 3600).spent())
        .isEqualTo(new Split(dollars("80"), new TreeMap<>(), dollars("80"), Money.ZERO));
  }

  /// Nodes come and go, replicas on them, prices change, the operator is away at times and looks at
  /// random moments: at every look the parts sum to the bill, each part is what an independent bill
  /// says, and the nodes' is that or more by what it says itself at most.
  @Property(tries = 150)
  void shouldSumNamespacesAndUnallocatedToTheNodeBillWhateverHappens(@ForAll long seed) {
    World world = new World(new Random(seed));
    for (int look = 0; look < 6; look++) {
      world.look();
      Split spent = world.bill().spent();
      Split hourly = world.bill().hourly();
      for (Split split : List.of(spent, hourly)) {
        assertThat(split.allocated().plus(split.unallocated()))
            .isEqualTo(split.nodes().plus(split.excess()));
        assertThat(split.excess()).isEqualTo(Money.ZERO);
      }
      long nodes = world.oracle(world.nodeIntervals());
      long most = world.bill().unobserved().micros();
      assertThat(spent.nodes().micros()).isBetween(nodes, nodes + most + (most == 0 ? 0 : 1));
      long held = 0;
      for (String namespace : World.NAMESPACES) {
        long own = world.oracle(world.replicas(namespace));
        held += own;
        assertThat(spent.namespaces().getOrDefault(namespace, Money.ZERO).micros())
            .isBetween(own - 1, own + 1);
      }
      assertThat(spent.unallocated().micros()).isBetween(nodes - held - 3, nodes - held + most + 3);
    }
  }

  /// Nodes, replicas and prices of two hours and a bit, made up beforehand, and an operator that
  /// sees them.
  private static final class World {
    static final List<String> NAMESPACES = List.of("a", "b", "c");
    private static final List<CapacityType> TYPES =
        List.of(CapacityType.OnDemand, CapacityType.Spot, CapacityType.Reserved);
    private static final Split NOTHING =
        new Split(Money.ZERO, new TreeMap<>(), Money.ZERO, Money.ZERO);

    private final Random random;
    private final PriceBooks books;
    private final List<Span> spans = new ArrayList<>();
    private final Map<String, SpendRecord> records = new HashMap<>();
    private NodeRecord record = NodeRecord.EMPTY;
    private Instant known = START;
    private long now;
    private PoolBill bill = new PoolBill(NOTHING, NOTHING, Money.ZERO, false);

    /// A node, or a replica on it where `namespace` is one.
    private record Span(
        String id, String namespace, CapacityType type, int gpus, long from, long to) {
      ReplicaInterval interval(long now) {
        return new ReplicaInterval(
            id,
            POOL,
            type,
            gpus,
            at(from),
            to <= now ? new ReplicaInterval.Known(at(to)) : new ReplicaInterval.Running());
      }
    }

    World(Random random) {
      this.random = random;
      books = PoolBillTest.books(prices());
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        long from = random.nextInt(2000);
        long to = from + 200 + random.nextInt(4000);
        CapacityType type = TYPES.get(random.nextInt(TYPES.size()));
        spans.add(new Span("node" + i, "", type, GPUS, from, to));
        for (int lane = 0; lane < 2; lane++) {
          long cursor = from;
          while (cursor < to) {
            long start = cursor + random.nextInt(300);
            long end = Math.min(to, start + 1 + random.nextInt(1500));
            if (start < end) {
              String namespace = NAMESPACES.get(random.nextInt(NAMESPACES.size()));
              int gpus = 1 + random.nextInt(GPUS / 2);
              spans.add(new Span("pod" + spans.size(), namespace, type, gpus, start, end));
            }
            cursor = end;
          }
        }
      }
    }

    private Price[] prices() {
      List<Price> prices = new ArrayList<>();
      for (CapacityType type : TYPES) {
        prices.add(Price.always(type, new HourlyRate(1 + random.nextInt(100_000_000))));
        for (int i = 0; i < random.nextInt(3); i++) {
          prices.add(
              new Price(
                  type,
                  new HourlyRate(1 + random.nextInt(100_000_000)),
                  at(random.nextInt(5000)).plusMillis(random.nextInt(1000) == 0 ? 0 : 500),
                  null));
        }
      }
      return prices.toArray(Price[]::new);
    }

    /// Time passes; the operator was there all the while, or only came back.
    void look() {
      long before = now;
      now += 1 + random.nextInt(1500);
      boolean away = random.nextInt(3) == 0 && spans.stream().noneMatch(it -> hidden(it, before));
      List<Node> present = new ArrayList<>();
      Map<NodeKey, Instant> left = new HashMap<>();
      for (Span span : spans) {
        if (span.namespace().isEmpty() && span.from() <= now) {
          NodeKey key = new NodeKey(span.id(), at(span.from()));
          if (span.to() > now) {
            present.add(new Node(key, span.type(), at(span.from())));
          } else if (span.to() > before && !away) {
            left.put(key, at(span.to()));
            record = opened(span, key);
          }
        } else if (span.to() <= now && random.nextBoolean()) {
          records.merge(
              span.namespace(),
              SpendRecord.EMPTY.record(span.interval(now), books),
              (old, _) -> old.record(span.interval(now), books));
        }
      }
      record = record.after(new Sight(POOL, GPUS, present, left, known), books, at(now));
      if (random.nextBoolean()) {
        known = at(now);
      }
      Map<String, Held> held = new HashMap<>();
      for (String namespace : NAMESPACES) {
        held.put(
            namespace,
            new Held(records.getOrDefault(namespace, SpendRecord.EMPTY), replicas(namespace)));
      }
      bill = PoolBill.of(POOL, START, END, record, held, books, at(now));
    }

    /// A node that comes and goes while nobody looks is never seen.
    private boolean hidden(Span span, long before) {
      return span.namespace().isEmpty() && span.from() > before && span.to() <= now;
    }

    /// Who is there all the while sees a node when it joins, too.
    private NodeRecord opened(Span span, NodeKey key) {
      List<Node> nodes = new ArrayList<>();
      record.open().forEach(open -> nodes.add(new Node(open.key(), open.type(), open.from())));
      if (nodes.stream().noneMatch(node -> node.key().equals(key))) {
        nodes.add(new Node(key, span.type(), at(span.from())));
      }
      return record.after(new Sight(POOL, GPUS, nodes, Map.of(), known), books, at(span.from()));
    }

    PoolBill bill() {
      return bill;
    }

    /// The nodes that the operator ever saw, as they were.
    List<ReplicaInterval> nodeIntervals() {
      return spans.stream()
          .filter(span -> span.namespace().isEmpty() && span.from() <= now)
          .map(span -> span.interval(now))
          .toList();
    }

    List<ReplicaInterval> replicas(String namespace) {
      return spans.stream()
          .filter(span -> span.namespace().equals(namespace) && span.from() <= now)
          .map(span -> span.interval(now))
          .toList();
    }

    long oracle(List<ReplicaInterval> intervals) {
      return Oracle.micros(intervals, books, START, START.plus(Duration.ofHours(4)), at(now));
    }
  }
}
