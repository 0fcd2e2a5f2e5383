package dev.comptroller.decide.share;

import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.plan.DeploymentDemand;
import dev.comptroller.decide.plan.DeploymentPlan;
import dev.comptroller.decide.plan.FleetDemand;
import dev.comptroller.decide.plan.FleetPlanner;
import dev.comptroller.decide.plan.FleetSupply;
import dev.comptroller.decide.plan.Plan;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One look at who may have what.
final class Round {
  private static final Comparator<Wish> ORDER =
      Comparator.comparingInt((Wish wish) -> -wish.priority())
          .thenComparingInt(wish -> -wish.weight())
          .thenComparing(Wish::key);

  /// How many are planned anew at every change: that takes milliseconds, and depends on nothing
  /// that was before.
  private static final int FEW = 100;

  /// The gap, in millionths, from which on a plan is made anew: a fiftieth.
  private static final long WIDE = 20_000;

  private final Sharing before;
  private final FleetSeen seen;
  private final Duration settle;
  private final Instant now;
  private final List<Wish> asking;

  Round(Sharing before, FleetSeen seen, Duration settle, Instant now) {
    this.before = before;
    this.seen = seen;
    this.settle = settle;
    this.now = now;
    asking = seen.wishes().values().stream().filter(Wish::wantsAny).sorted(ORDER).toList();
  }

  /// What a deployment gets of a plan.
  ///
  /// @param replicas of it in the end
  /// @param allowance what a namespace's money has to do with it; absent if nothing
  private record Part(Way way, int replicas, @Nullable String allowance) {}

  Sharing run() {
    Set<String> shorted = shorted();
    List<Wish> sharing =
        asking.stream().filter(wish -> shorted.contains(wish.first().variant().pool())).toList();
    if (sharing.isEmpty()) {
      return held(new TreeMap<>(), null);
    }
    Fixed fixed = new Fixed(seen, asking, sharing);
    TreeSet<String> stuck = new TreeSet<>();
    @Nullable Plan known = before.plan();
    while (true) {
      Plan plan = plan(known, fixed, sharing, stuck);
      SortedMap<String, Part> parts = parts(plan, sharing);
      TreeSet<String> more = new TreeSet<>();
      for (Wish wish : sharing) {
        Part part = part(parts, wish);
        if (!stuck.contains(wish.key()) && turn(wish, part).isEmpty()) {
          more.add(wish.key());
        }
      }
      if (more.isEmpty()) {
        fill(parts, fixed, sharing);
        return held(shares(plan, parts, sharing), plan);
      }
      stuck.addAll(more);
      known = plan;
    }
  }

  /// The pools that several wish for and that cannot serve them all.
  private Set<String> shorted() {
    Map<String, List<Way>> claims = new HashMap<>();
    for (Wish wish : asking) {
      for (Way way : wish.claims()) {
        claims.computeIfAbsent(way.variant().pool(), _ -> new ArrayList<>()).add(way);
      }
    }
    Set<String> shorted = new TreeSet<>();
    claims.forEach(
        (name, ways) -> {
          Pool pool = seen.pools().get(name);
          if (pool != null && ways.size() > 1 && !fits(pool, ways)) {
            shorted.add(name);
          }
        });
    return shorted;
  }

  private boolean fits(Pool pool, List<Way> ways) {
    return new Bins(pool, seen.others()).placeAll(ways.stream().map(Way::count).toList());
  }

  private Plan plan(@Nullable Plan known, Fixed fixed, List<Wish> sharing, Set<String> stuck) {
    List<DeploymentDemand> demands = new ArrayList<>();
    for (Wish wish : sharing) {
      List<Way> open =
          stuck.contains(wish.key())
              ? wish.serving().map(List::of).orElse(wish.open())
              : wish.open();
      if (wish.first().replicas() > wish.firm()) {
        demands.add(fixed.demand(wish, open));
      }
    }
    FleetDemand demand = FleetDemand.of(demands, fixed.allowances(demands));
    FleetSupply supply = fixed.supply(now);
    if (known == null || demands.size() <= FEW) {
      return FleetPlanner.plan(demand, supply);
    }
    Plan plan = FleetPlanner.replan(known, demand, supply);
    // Replanning takes nothing from equals: who asks for more than is left shares with all of them.
    Set<DeploymentDemand> old = new HashSet<>(known.demand().deployments());
    boolean more = plan.shorted().stream().anyMatch(each -> !old.contains(each.demand()));
    return more || plan.gapPerMillion() > WIDE ? FleetPlanner.plan(demand, supply) : plan;
  }

  private SortedMap<String, Part> parts(Plan plan, List<Wish> sharing) {
    SortedMap<String, Part> parts = new TreeMap<>();
    for (Wish wish : sharing) {
      Optional<DeploymentPlan> planned = plan.of(wish.namespace(), wish.name());
      Way way =
          planned.stream()
              .flatMap(each -> each.picks().stream())
              .findFirst()
              .flatMap(pick -> wish.way(pick.offer().variant()))
              .or(() -> wish.serving().filter(serving -> wish.open().contains(serving)))
              .orElse(wish.open().getFirst());
      int firm = Math.min(wish.firm(), wish.first().replicas());
      int replicas = firm + planned.map(DeploymentPlan::replicas).orElse(0);
      String allowance =
          planned.stream()
              .flatMap(each -> each.shortBy().stream())
              .filter(text -> text.startsWith("allowance"))
              .findFirst()
              .orElse(null);
      parts.put(wish.key(), new Part(way, replicas, allowance));
    }
    return parts;
  }

  private static Part part(SortedMap<String, Part> parts, Wish wish) {
    Part part = parts.get(wish.key());
    if (part == null) {
      throw new IllegalStateException(wish.key() + " shares and has no part");
    }
    return part;
  }

  /// The way to a part: the part itself where its rung serves already or can be started beside the
  /// old one, fewer of the old one where that makes room for it; empty where it cannot be reached
  /// without a gap.
  private Optional<Part> turn(Wish wish, Part part) {
    Way serving = wish.serving().orElse(null);
    Pool pool = seen.pools().get(part.way().variant().pool());
    int each = part.way().variant().gpus();
    boolean direct =
        serving == null
            || serving.equals(part.way())
            || part.way().running() > 0
            || part.replicas() == 0
            || wish.breaks()
            || (pool != null && pool.roomNow(each) > 0);
    if (direct || serving == null) {
      return Optional.of(part);
    }
    boolean same = serving.variant().pool().equals(part.way().variant().pool());
    int beside = (part.replicas() - 1) * each / serving.variant().gpus();
    int kept = Math.min(beside, Math.min(serving.running(), serving.replicas()));
    return same && beside > 0
        ? Optional.of(new Part(serving, kept, part.allowance()))
        : Optional.empty();
  }

  /// Gives what whole groups of GPUs left over to whoever lacks it, by priority.
  private void fill(SortedMap<String, Part> parts, Fixed fixed, List<Wish> sharing) {
    for (Wish wish : sharing) {
      if (seen.allowances().containsKey(wish.namespace())) {
        continue;
      }
      for (Part more = more(wish, part(parts, wish));
          more != null && fixed.fits(counts(parts, wish, more));
          more = more(wish, more)) {
        parts.put(wish.key(), more);
      }
    }
  }

  private static @Nullable Part more(Wish wish, Part part) {
    return part.replicas() < part.way().replicas() && wish.firm() == 0
        ? new Part(part.way(), part.replicas() + 1, part.allowance())
        : null;
  }

  /// Planned replicas by variant: those of `parts` with `more` in place of one.
  private static List<Bins.Count> counts(SortedMap<String, Part> parts, Wish wish, Part more) {
    List<Bins.Count> counts = new ArrayList<>();
    parts.forEach(
        (key, part) -> {
          Part each = key.equals(wish.key()) ? more : part;
          counts.add(new Bins.Count(each.way().variant(), each.replicas()));
        });
    return counts;
  }

  private SortedMap<String, Share> shares(
      Plan plan, SortedMap<String, Part> parts, List<Wish> sharing) {
    SortedMap<String, Share> shares = new TreeMap<>();
    for (Wish wish : sharing) {
      Part part = part(parts, wish);
      Part step = turn(wish, part).orElse(part);
      shares.put(
          wish.key(),
          new Share(
              step.way().variant().name(),
              step.replicas(),
              wish.first().variant().name(),
              wish.first().replicas(),
              why(plan, parts, wish, part, step)));
    }
    return shares;
  }

  private String why(Plan plan, SortedMap<String, Part> parts, Wish wish, Part part, Part step) {
    String name = wish.first().variant().pool();
    List<String> texts = new ArrayList<>();
    texts.add(pool(name));
    List<String> holders = new ArrayList<>();
    int rest = 0;
    for (Wish other : asking) {
      Part held = parts.get(other.key());
      Way way = held == null ? other.first() : held.way();
      int gpus = way.variant().gpus() * (held == null ? way.replicas() : held.replicas());
      boolean here = way.variant().pool().equals(name) && gpus > 0;
      if (here && !other.equals(wish) && holders.size() < 2) {
        holders.add("%s (priority %d) holds %d".formatted(other.key(), other.priority(), gpus));
      } else if (here && !other.equals(wish)) {
        rest += gpus;
      }
    }
    if (!holders.isEmpty()) {
      texts.add(String.join(", ", holders) + (rest > 0 ? ", the rest %d".formatted(rest) : ""));
    }
    if (part.allowance() != null) {
      texts.add(part.allowance());
    }
    if (!step.equals(part)) {
      texts.add(
          "%d x %s follow when there is room beside the old ones"
              .formatted(part.replicas(), part.way().variant().name()));
    }
    // Tenths of a percent, never less than what is not proven.
    long tenths = Math.ceilDiv(plan.gapPerMillion(), 1000);
    texts.add("gap %d.%d %%".formatted(tenths / 10, tenths % 10));
    return String.join("; ", texts);
  }

  private String pool(String name) {
    Pool pool = seen.pools().get(name);
    if (pool == null) {
      return "pool %s does not exist".formatted(name);
    }
    int total = pool.totalGpus();
    int most = total + pool.growth() * pool.prices().gpusPerNode();
    HourlyRate ceiling = pool.maxHourlySpend();
    String growth = most > total ? " and may have %d".formatted(most) : "";
    String limit =
        most > total && ceiling != null
            ? " under maxHourlySpend $%s/h".formatted(ceiling.print(2))
            : "";
    int foreign =
        pool.nodes().stream().mapToInt(node -> seen.others().getOrDefault(node.name(), 0)).sum();
    String others = foreign > 0 ? ", %d of them held by others".formatted(foreign) : "";
    return "pool %s has %d GPUs%s%s%s".formatted(name, total, others, growth, limit);
  }

  /// The shares with what was cut lately held back, and the cuts to remember.
  private Sharing held(SortedMap<String, Share> shares, @Nullable Plan plan) {
    SortedMap<String, Share> kept = new TreeMap<>(shares);
    SortedMap<String, Instant> cuts = new TreeMap<>();
    for (Wish wish : asking) {
      String key = wish.key();
      Share old = before.shares().get(key);
      Share share = shares.get(key);
      Instant cut = before.cuts().get(key);
      boolean lately = cut != null && !cut.isAfter(now) && now.isBefore(cut.plus(settle));
      if (lately && old != null && grows(old, share)) {
        kept.put(
            key,
            new Share(
                old.variant(),
                old.replicas(),
                wish.first().variant().name(),
                wish.first().replicas(),
                "cut at %s and grows %d s later at the soonest; %s"
                    .formatted(
                        cut,
                        settle.toSeconds(),
                        share == null ? "nothing is short" : share.why())));
      }
      if (lately && cut != null) {
        cuts.put(key, cut);
      }
      if (share != null && isCut(wish, old, share)) {
        cuts.put(key, now);
      }
    }
    return new Sharing(kept, cuts, plan, seen);
  }

  private static boolean grows(Share old, @Nullable Share share) {
    return share == null
        || (share.variant().equals(old.variant()) && share.replicas() > old.replicas());
  }

  /// Whether a share takes away what was had, or wished for, before.
  private static boolean isCut(Wish wish, @Nullable Share old, Share share) {
    if (old == null) {
      return share.replicas() < wish.way(share.variant()).map(Way::running).orElse(0);
    }
    return old.variant().equals(share.variant()) && share.replicas() < old.replicas();
  }
}
