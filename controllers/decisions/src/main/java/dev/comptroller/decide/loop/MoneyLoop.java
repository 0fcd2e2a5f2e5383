package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.heat.Heat;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatState;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The decision of a namespace's money: what serves, what is admitted, until when it is paid for.
///
/// 1. What is known: the present period, spend brought up to the present, what is granted or seen.
///    Where spend, fleet or prices are missing or stale, nothing grows and no rung changes.
/// 2. Forecast, heat, and the heat ladder's verdict.
/// 3. What each deployment wants under that verdict and its owner's terms.
/// 4. The allowance - what is left, spread over the time left - divided over these wishes. Only a
///    hard budget has one; where it pays for all of them, it changes nothing.
/// 5. The plan made to fit: worst cases are reserved before anything grows, and what the money
///    does not last for leaves in time.
/// 6. Grants, traffic, features, explanations, and when to look again.
///
/// Total and deterministic: the same arguments give the same decision. That the third inequality
/// holds at every instant needs what [Funds] says, and a `leaving` whose control interval
/// covers the time from one decision to the next, and whose drain begins with the decision: it
/// covers the time until that is carried out as well. Figures that exceed what can be held decide
/// nothing.
public final class MoneyLoop {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  private MoneyLoop() {}

  /// What to do at `now`.
  public static NamespaceDecision decide(NamespaceSeen seen, NamespacePolicy policy, Instant now) {
    try {
      return new Round(seen, policy, now).decide();
    } catch (ArithmeticException overflow) {
      return refused(seen, policy, now, String.valueOf(overflow.getMessage()));
    }
  }

  private static NamespaceDecision refused(
      NamespaceSeen seen, NamespacePolicy policy, Instant now, String why) {
    return new NamespaceDecision(
        now,
        policy.observe(),
        new NamespaceDecision.Held("FiguresTooLarge", why),
        null,
        null,
        null,
        null,
        Reserve.NONE,
        seen.state().fundedUntil(),
        seen.state().grants(),
        policy.observe() ? List.of() : seen.state().grants(),
        Traffic.OPEN,
        List.of(),
        List.of(),
        seen.state(),
        now.plus(policy.leaving().total()).plusSeconds(1));
  }

  /// One decision, phase by phase.
  private static final class Round {
    private final NamespaceSeen seen;
    private final NamespacePolicy policy;
    private final Instant now;
    private final Present present;
    private final @Nullable Funds funds;
    private Needs needs;
    private Work work;
    private Hours hours;

    Round(NamespaceSeen seen, NamespacePolicy policy, Instant now) {
      this.seen = seen;
      this.policy = policy;
      this.now = now;
      this.present = Present.of(seen, policy, now);
      this.needs = seen.state().needs();
      this.work = seen.state().work();
      this.hours = Hours.byNeed(0, needs);
      this.funds = policy.hard() ? present.funds().orElse(null) : null;
    }

    NamespaceDecision decide() {
      // 1. What is known.
      boolean held = present.held() != null;
      // 2. Heat.
      List<Wish> wishes = wishes();
      needs = held ? seen.state().needs() : seen.state().needs().seen(need(wishes), now);
      boolean measured = !held && wishes.stream().allMatch(Wish::isMeasured);
      work = measured ? seen.state().work().seen(work(wishes), now) : seen.state().work();
      // Who is only observed runs on as if nothing limited it.
      @Nullable Funds limit = policy.observe() ? null : funds;
      hours =
          Hours.byWorth(wishes, work, present, limit, free(wishes))
              .orElse(Hours.byNeed(need(wishes), needs));
      Hours.@Nullable Terms terms = hours.terms();
      List<Wish> asked = wishes;
      wishes =
          terms == null
              ? wishes
              : wishes.stream().map(wish -> wish.priced(terms.prices()).worth(terms, now)).toList();
      Present.@Nullable Figures figures =
          present.figures(lasting(present.burn(), wishes), hours).orElse(null);
      @Nullable HeatVerdict heat = held || figures == null ? null : heat(figures, wishes);
      List<HeatStep> force =
          heat == null ? policy.heat().inForce(seen.state().heat()) : heat.inForce();
      // 3. and 4. Wishes and the allowance.
      Choices.Demands demands = demands(heat, force, figures, wishes);
      if (!held && terms != null) {
        wishes = new DeclaredPrices(present, demands, funds, terms).bar(wishes, asked);
      }
      Choices.Chosen chosen =
          held ? kept(wishes) : new Choices(present, demands, funds).choose(wishes);
      Map<String, Part> wanted = new TreeMap<>();
      chosen.picks().forEach((name, pick) -> wanted.put(name, pick.part()));
      // 5. The fit.
      @Nullable Fit fit = funds == null ? null : new Fit(present, funds, wishes);
      Map<String, Part> plan = fit == null ? wanted : fit.fit(wanted);
      // 6. What follows.
      return report(figures, heat, force, chosen, fit, plan, wishes);
    }

    private List<Wish> wishes() {
      List<Wish> wishes = new ArrayList<>();
      for (DeploymentPolicy deployment : policy.deployments()) {
        Stock stock = present.stocks().get(deployment.name());
        if (stock != null) {
          wishes.add(Wish.of(deployment, stock, seen.state(), policy.observe(), now));
        }
      }
      return List.copyOf(wishes);
    }

    /// What goes on of a burn rate: of money that is short, what it is spread as; else what is
    /// granted, at what it usually costs where that is known, and without what runs beside it while
    /// rungs change.
    private HourlyRate lasting(HourlyRate burn, List<Wish> wishes) {
      if (hours.isShort()) {
        return new HourlyRate(hours.need());
      }
      boolean measured = wishes.stream().allMatch(wish -> wish.usual().isPresent());
      boolean changing = seen.state().grants().stream().anyMatch(grant -> grant.surge() > 0);
      HourlyRate granted = HourlyRate.ZERO;
      for (Wish wish : wishes) {
        HourlyRate hourly = wish.grant() == null ? HourlyRate.ZERO : wish.grant().hourly();
        granted = granted.plus(measured ? wish.usual().orElse(hourly) : hourly);
      }
      boolean less = changing && granted.compareTo(burn) < 0;
      return !policy.observe() && (measured || less) ? granted : burn;
    }

    /// Thousandths of GPUs that all deployments would run now without the budget.
    private static long need(List<Wish> wishes) {
      return wishes.stream().mapToLong(Wish::need).reduce(0, Math::addExact);
    }

    /// Thousandths of GPUs that the present demand takes before they are rounded up to replicas.
    private static long work(List<Wish> wishes) {
      return Math.round(wishes.stream().mapToDouble(Wish::fraction).sum());
    }

    /// Percent of the money that stays free for changes.
    private int free(List<Wish> wishes) {
      return wishes.stream().mapToInt(wish -> present.free(wish, funds)).max().orElse(0);
    }

    private HeatVerdict heat(Present.Figures figures, List<Wish> wishes) {
      BudgetState state = figures.state();
      return policy
          .heat()
          .next(seen.state().heat(), Heat.of(state), step -> unless(state, wishes, step), now);
    }

    /// How hot it would be if a step that moves capacity ended.
    private Heat unless(BudgetState state, List<Wish> wishes, HeatState.StepName step) {
      List<HeatStep> force = policy.heat().inForce(seen.state().heat());
      return switch (step.action()) {
        case Downgrade -> heatAt(state, wishes, step.ordinal());
        case Suspend -> heatAt(state, wishes, count(force, HeatAction.Downgrade));
        case Warn, QueueBatch, CapOutput, Throttle -> Heat.of(state);
      };
    }

    /// How hot it would be with the heat ladder at `depth`: at what then would run until the
    /// period's end, if that is more than what runs now; as hot as it is where short money is
    /// spread, because that bounds what would run.
    private Heat heatAt(BudgetState state, List<Wish> wishes, int depth) {
      if (hours.isShort()) {
        return Heat.of(state);
      }
      HourlyRate without = HourlyRate.ZERO;
      for (Wish wish : wishes) {
        Option target = wish.target(depth);
        without = target == null ? without : without.plus(target.usual());
      }
      long more = without.microsPerHour() - lasting(state.burnRate(), wishes).microsPerHour();
      if (more <= 0) {
        return Heat.of(state);
      }
      BigInteger atEnd =
          BigInteger.valueOf(
              state
                  .forecast()
                  .atEnd()
                  .plus(Money.ofMicros(present.over(more, hours), HOUR))
                  .micros());
      int percent =
          atEnd
              .multiply(BigInteger.valueOf(100))
              .divide(BigInteger.valueOf(state.amount().micros()))
              .min(BigInteger.valueOf(9_999))
              .intValueExact();
      return new Heat(state.window().start(), state.spentPercent(), percent);
    }

    /// Rungs lower that the heat ladder would ask for again if everybody climbed.
    private int depthAgain(
        @Nullable HeatVerdict heat, Present.@Nullable Figures figures, List<Wish> wishes) {
      if (heat == null || figures == null) {
        return 0;
      }
      int again = 0;
      int ordinal = 0;
      for (HeatVerdict.Standing standing : heat.steps()) {
        HeatStep step = standing.step();
        if (step.action() == HeatAction.Downgrade) {
          boolean hot =
              !hours.isShort() && !step.isColdWithout(heatAt(figures.state(), wishes, ordinal));
          ordinal++;
          again = standing.inForce() || hot ? ordinal : again;
        }
      }
      return again;
    }

    private static int count(List<HeatStep> force, HeatAction action) {
      return (int) force.stream().filter(step -> step.action() == action).count();
    }

    private Choices.Demands demands(
        @Nullable HeatVerdict heat,
        List<HeatStep> force,
        Present.@Nullable Figures figures,
        List<Wish> wishes) {
      int depth = count(force, HeatAction.Downgrade);
      boolean suspend = force.stream().anyMatch(step -> step.action() == HeatAction.Suspend);
      String why =
          heat == null
              ? ""
              : heat.steps().stream()
                  .filter(HeatVerdict.Standing::inForce)
                  .filter(
                      standing ->
                          standing.step().action()
                              == (suspend ? HeatAction.Suspend : HeatAction.Downgrade))
                  .map(HeatVerdict.Standing::message)
                  .collect(Collectors.joining("; "));
      return new Choices.Demands(
          depth, depthAgain(heat, figures, wishes), suspend, why, hours, figures);
    }

    /// What was granted, or what runs where nothing was: nothing new.
    private Choices.Chosen kept(List<Wish> wishes) {
      String why = present.held() == null ? "" : present.held().message();
      Map<String, Choices.Pick> picks = new TreeMap<>();
      for (Wish wish : wishes) {
        @Nullable Option option = wish.option(wish.active()).orElse(null);
        Part part;
        if (option == null) {
          part = Part.nothing(wish, "Held", why);
        } else {
          int count =
              wish.grant() == null ? wish.stock().firm(option.variant()) : wish.grant().replicas();
          part = Part.of(wish, option, count, "Held", why);
        }
        picks.put(wish.name(), new Choices.Pick(part, null, null));
      }
      return new Choices.Chosen(null, picks);
    }

    private NamespaceDecision report(
        Present.@Nullable Figures figures,
        @Nullable HeatVerdict heat,
        List<HeatStep> force,
        Choices.Chosen chosen,
        @Nullable Fit fit,
        Map<String, Part> plan,
        List<Wish> wishes) {
      Verdicts verdicts = new Verdicts(present, funds, heat, chosen);
      List<Grant> grants = new ArrayList<>();
      List<Grant> unbound = new ArrayList<>();
      List<DeploymentVerdict> told = new ArrayList<>();
      List<Commitment> commitments = new ArrayList<>();
      for (Wish wish : wishes) {
        Part part = plan.get(wish.name());
        if (part == null) {
          continue;
        }
        DeploymentVerdict verdict = verdicts.of(part);
        told.add(verdict);
        @Nullable Grant grant = Grants.of(part, verdict, present.now());
        if (grant != null) {
          grants.add(grant);
        }
        Grants.withoutBudget(wish).ifPresent(unbound::add);
        commitments.addAll(wish.stock().after(grant, now));
      }
      @Nullable Instant fundedUntil = fundedUntil(fit);
      Traffic traffic = TrafficRules.of(present, funds, heat, force, plan);
      HeatState remembered = heat == null ? seen.state().heat() : heat.state();
      LoopState state =
          new LoopState(
              remembered,
              grants,
              policy.observe() ? List.of() : commitments,
              fundedUntil,
              needs,
              work,
              present.allotment());
      return new NamespaceDecision(
          now,
          policy.observe(),
          present.held(),
          figures == null ? null : figures.state(),
          figures == null ? null : figures.outlook(),
          heat,
          chosen.allowed(),
          fit == null ? Reserve.NONE : fit.reserve(),
          fundedUntil,
          grants,
          policy.observe() ? unbound : grants,
          traffic,
          TrafficRules.features(present, seen, policy, traffic, plan),
          told,
          state,
          wake(heat, fundedUntil, told, grants, wishes));
    }

    private @Nullable Instant fundedUntil(@Nullable Fit fit) {
      if (fit != null) {
        Instant until = fit.fundedUntil();
        return until;
      }
      return policy.hard() ? seen.state().fundedUntil() : null;
    }

    /// The first instant at which something may change by itself; while a hard budget has anything
    /// running, a control interval from now at the latest.
    private Instant wake(
        @Nullable HeatVerdict heat,
        @Nullable Instant fundedUntil,
        List<DeploymentVerdict> told,
        List<Grant> grants,
        List<Wish> wishes) {
      Instant wake = present.window().end();
      boolean runs =
          present.running().highest().microsPerHour() > 0
              || grants.stream().anyMatch(grant -> grant.replicas() > 0);
      if (present.held() != null || (policy.hard() && runs)) {
        wake = earlier(wake, now.plus(policy.leaving().controlInterval()));
      }
      if (heat != null && heat.wake() != null) {
        wake = earlier(wake, heat.wake());
      }
      if (fundedUntil != null && fundedUntil.isAfter(now)) {
        wake = earlier(wake, fundedUntil);
      }
      for (DeploymentVerdict verdict : told) {
        if (verdict.until() != null && verdict.until().isAfter(now)) {
          wake = earlier(wake, verdict.until());
        }
      }
      // When prices change, and when changes of rung for them have to begin.
      List<Duration> before =
          Stream.concat(Stream.of(Duration.ZERO), wishes.stream().flatMap(Wish::leads)).toList();
      for (Hours.Later change : hours.later()) {
        for (Duration lead : before) {
          Instant instant = change.prices().begin().minus(lead);
          wake = instant.isAfter(now) ? earlier(wake, instant) : wake;
        }
      }
      Instant soonest = now.plusSeconds(1);
      return wake.isBefore(soonest) ? soonest : wake;
    }

    private static Instant earlier(Instant left, Instant right) {
      return left.isBefore(right) ? left : right;
    }
  }
}
