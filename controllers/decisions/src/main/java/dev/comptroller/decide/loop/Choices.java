package dev.comptroller.decide.loop;

import dev.comptroller.decide.allocate.Allocation;
import dev.comptroller.decide.allocate.Claim;
import dev.comptroller.decide.allocate.Frontier.Cost;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.downgrade.RungChoice;
import dev.comptroller.decide.downgrade.RungPolicy;
import dev.comptroller.decide.downgrade.Rungs;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which rung and how many replicas each deployment would get of the allowance.
///
/// 1. What each wants: the best rung that the heat ladder, its owner and its dwell let serve.
/// 2. The allowance is filled into these wishes: floors first, by priority and weight.
/// 3. Each deployment makes the most of its share.
/// 4. What whole replicas leave over goes to whoever keeps more tokens for it, by priority.
/// 5. Whose share pays for nothing keeps the cheapest that may serve: a floor is cut by the hard
///    limit alone.
final class Choices {
  private static final HourlyRate UNLIMITED = new HourlyRate(Long.MAX_VALUE);

  /// By priority, higher first, then by name.
  static final Comparator<Wish> ORDER =
      Comparator.<Wish>comparingInt(wish -> wish.policy().priority())
          .reversed()
          .thenComparing(Wish::name);

  private final Present present;
  private final Demands demands;
  private final @Nullable Funds funds;

  /// What the heat ladder asks for.
  ///
  /// @param depth rungs lower
  /// @param again rungs lower that it would ask for again if everybody climbed: nobody climbs
  ///   further than that
  /// @param suspend whether to go to zero
  /// @param why the figures
  /// @param hours how the money is spread over the period
  /// @param figures where the money stands; absent if that is not known
  record Demands(
      int depth,
      int again,
      boolean suspend,
      String why,
      Hours hours,
      Present.@Nullable Figures figures) {
    /// The same with the money that is spread for another time.
    Demands at(Cost share) {
      return new Demands(depth, again, suspend, why, hours.at(share), figures);
    }
  }

  /// The outcome.
  ///
  /// @param allowed dollars an hour that were divided; absent if nothing limits them
  /// @param picks by deployment
  record Chosen(@Nullable HourlyRate allowed, Map<String, Pick> picks) {}

  /// What a deployment would get.
  ///
  /// @param part its part of the plan
  /// @param choice how it came about; absent if there was nothing to choose
  /// @param share its part of the allowance
  record Pick(Part part, @Nullable RungChoice choice, @Nullable HourlyRate share) {}

  /// A wish that has rungs to choose from.
  private record Open(Wish wish, RungPolicy rungs, RungChoice most, Option floor, int least) {
    HourlyRate wanted() {
      return costOf(most);
    }

    HourlyRate floorCost() {
      HourlyRate cost = floor.perReplica().times(least);
      return cost.compareTo(wanted()) > 0 ? wanted() : cost;
    }
  }

  /// @param funds what may be spent; absent if nothing limits it
  Choices(Present present, Demands demands, @Nullable Funds funds) {
    this.present = present;
    this.demands = demands;
    this.funds = funds;
  }

  Chosen choose(List<Wish> wishes) {
    Map<String, Pick> picks = new HashMap<>();
    List<Open> open = new ArrayList<>();
    for (Wish wish : wishes.stream().sorted(ORDER).toList()) {
      Optional<Part> settled = settled(wish);
      if (settled.isPresent()) {
        picks.put(wish.name(), new Pick(settled.get(), null, null));
      } else {
        open(wish, picks).ifPresent(open::add);
      }
    }
    @Nullable HourlyRate allowed = allowed(open);
    if (allowed == null) {
      open.forEach(each -> picks.put(each.wish().name(), pick(each, each.most(), null)));
    } else {
      divide(open, allowed, picks);
    }
    return new Chosen(allowed, picks);
  }

  /// What needs no choice.
  private Optional<Part> settled(Wish wish) {
    if (demands.suspend() && wish.policy().suspendAllowed()) {
      return Optional.of(Part.nothing(wish, "Suspended", demands.why()));
    }
    if (wish.policy().requested() == 0) {
      return Optional.of(
          Part.nothing(wish, NamespaceDecision.NOTHING_ASKED, "0 replicas are asked for"));
    }
    return Optional.empty();
  }

  /// A wish with its rungs, or a pick of what it has where no rung may serve.
  private Optional<Open> open(Wish wish, Map<String, Pick> picks) {
    int depth = demands.suspend() ? Integer.MAX_VALUE : demands.depth();
    int serves = wish.option(wish.active()).map(wish.options()::indexOf).orElse(0);
    int ceiling = Math.max(wish.ceiling(depth), Math.min(wish.ceiling(demands.again()), serves));
    RungPolicy rungs =
        wish.rungs(ceiling, present.margin(wish, funds), present.rest(), present.window().length());
    RungChoice most = Rungs.choose(rungs, UNLIMITED, present.now());
    List<Option> free = Rungs.free(rungs, present.now());
    int least = wish.policy().least();
    Optional<Option> floor =
        free.stream().min(Comparator.comparing(option -> option.perReplica().times(least)));
    if (floor.isEmpty() || !(most instanceof RungChoice.Serve)) {
      Option kept = wish.option(wish.active()).orElse(null);
      String why = most.explanation().summary();
      Part part =
          kept == null
              ? Part.nothing(wish, "NoRungMayServe", why)
              : Part.of(wish, kept, wish.stock().firm(kept.variant()), "NoRungMayServe", why);
      picks.put(wish.name(), new Pick(part, most, null));
      return Optional.empty();
    }
    return Optional.of(new Open(wish, rungs, most, floor.get(), least));
  }

  private @Nullable HourlyRate allowed(List<Open> open) {
    if (funds == null) {
      return null;
    }
    Exposure mix = Exposure.NONE;
    for (Open each : open) {
      if (each.most() instanceof RungChoice.Serve serve) {
        mix = mix.plus(each.wish().stock().cost(serve.option().variant(), serve.replicas()));
      }
    }
    return present.pace(funds, mix, demands.hours());
  }

  private void divide(List<Open> open, HourlyRate allowed, Map<String, Pick> picks) {
    List<Claim> claims = new ArrayList<>();
    for (Open each : open) {
      DeploymentPolicy policy = each.wish().policy();
      claims.add(
          new Claim(
              policy.name(), policy.priority(), policy.weight(), each.floorCost(), each.wanted()));
    }
    Allocation allocation = Allocation.of(allowed, claims);
    long left = allowed.microsPerHour();
    List<RungChoice> choices = new ArrayList<>();
    for (Open each : open) {
      RungChoice choice =
          Rungs.choose(each.rungs(), allocation.granted(each.wish().name()), present.now());
      choices.add(choice);
      left -= costOf(choice).microsPerHour();
    }
    for (int i = 0; i < open.size(); i++) {
      Open each = open.get(i);
      RungChoice before = choices.get(i);
      HourlyRate more =
          new HourlyRate(Math.max(0, costOf(before).microsPerHour() + Math.max(0, left)));
      RungChoice after = Rungs.choose(each.rungs(), more, present.now());
      boolean better = kept(after).compareTo(kept(before)) > 0;
      RungChoice choice = better ? after : before;
      left -= costOf(choice).microsPerHour() - costOf(before).microsPerHour();
      HourlyRate share = better ? more : allocation.granted(each.wish().name());
      picks.put(each.wish().name(), pick(each, choice, share));
    }
  }

  private Pick pick(Open open, RungChoice choice, @Nullable HourlyRate share) {
    Wish wish = open.wish();
    return switch (choice) {
      case RungChoice.Serve serve -> new Pick(serve(wish, serve, share), choice, share);
      case RungChoice.Unaffordable(var explanation, _) ->
          new Pick(
              Part.of(
                  wish,
                  open.floor(),
                  Math.min(open.least(), Math.max(1, open.floor().replicas())),
                  "Floor",
                  explanation.summary() + "; it is kept while the money lasts"),
              choice,
              share);
      case RungChoice.Barred(var explanation, _) ->
          new Pick(Part.nothing(wish, "NoRungMayServe", explanation.summary()), choice, share);
    };
  }

  private Part serve(Wish wish, RungChoice.Serve serve, @Nullable HourlyRate share) {
    Option option = serve.option();
    boolean down =
        wish.unbound() != null
            && wish.options().indexOf(option) > wish.options().indexOf(wish.unbound());
    boolean fewer = serve.replicas() < option.replicas();
    String reason = down ? "Downgraded" : fewer ? "FewerReplicas" : "WithinBudget";
    String money =
        share == null
            ? "nothing limits it"
            : "$%s/h of the allowance%s".formatted(share.print(2), means());
    boolean asked = down && wish.ceiling(demands.depth()) == wish.options().indexOf(option);
    String why = asked && !demands.why().isEmpty() ? demands.why() : money;
    int replicas = rested(wish, option, serve.replicas());
    if (demands.hours().isShort()) {
      int more = wish.needed(option) - option.replicas();
      return more == 0 || replicas < option.replicas()
          ? Part.of(wish, option, replicas, reason, why)
          : Part.of(wish, option, replicas, "FewerReplicas", unworthy(more));
    }
    boolean fill = share != null && isTight(wish, option, replicas);
    int filled = fill ? wish.filled(option, replicas) : replicas;
    return filled == replicas
        ? Part.of(wish, option, replicas, reason, why)
        : Part.of(wish, option, filled, "FewerReplicas", idle(replicas - filled));
  }

  /// By which prices rungs are compared, if not by those of the moment.
  private String means() {
    Hours.Terms terms = demands.hours().terms();
    return terms == null || !terms.prices().turns()
        ? ""
        : "; prices change again and again, so their mean from %s until %s counts"
            .formatted(terms.prices().from(), terms.prices().until());
  }

  /// What serves little now pays for what serves more later.
  private String unworthy(int count) {
    return "%d more would serve fewer tokens for their money than it can buy later%s"
        .formatted(count, means());
  }

  /// Whether the period is expected to use up most of its money with these replicas in place of
  /// what is granted: not by the figures of what is granted, by which a replica that was taken away
  /// would seem to be paid for again.
  private boolean isTight(Wish wish, Option option, int replicas) {
    Present.Figures figures = demands.figures();
    HourlyRate granted = wish.usual().orElse(null);
    if (figures == null || granted == null) {
      return figures != null && figures.isTight();
    }
    long more = Wish.usual(option, replicas).microsPerHour() - granted.microsPerHour();
    return figures.isTight(present.over(more, demands.hours()));
  }

  /// What a nearly idle replica costs now pays for a busy one later.
  private String idle(int count) {
    return "%d more would be nearly idle, and the money is expected to be used up to %d %% or more"
        .formatted(count, Present.TIGHT);
  }

  /// Replicas that were taken away do not return within the dwell.
  private int rested(Wish wish, Option option, int replicas) {
    Grant grant = wish.grant();
    if (grant == null
        || grant.lowered() == null
        || grant.replicas() == 0
        || !grant.variant().equals(option.variant())
        || replicas <= grant.replicas()) {
      return replicas;
    }
    boolean rested =
        !present.now().isBefore(grant.lowered().plus(wish.policy().dwell()))
            || grant.lowered().isAfter(present.now());
    return rested ? replicas : grant.replicas();
  }

  private static HourlyRate costOf(RungChoice choice) {
    return switch (choice) {
      case RungChoice.Serve(var option, var replicas, _, _) -> option.perReplica().times(replicas);
      case RungChoice.Unaffordable(_, _), RungChoice.Barred(_, _) -> HourlyRate.ZERO;
    };
  }

  /// Quality times the part of the demand that is served.
  private static BigDecimal kept(RungChoice choice) {
    return switch (choice) {
      case RungChoice.Serve(var option, var replicas, _, _) -> option.kept(replicas);
      case RungChoice.Unaffordable(_, _), RungChoice.Barred(_, _) -> BigDecimal.ONE.negate();
    };
  }
}
