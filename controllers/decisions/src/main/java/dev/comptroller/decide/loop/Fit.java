package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Funds;
import dev.comptroller.decide.budget.Reserve;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.downgrade.Option;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Makes a plan keep the third inequality: what is spent and what leaving would cost stay within
/// the amount.
///
/// 1. Everybody shrinks or stays: no new replica, no change of rung.
/// 2. While that does not fit, replicas above floors go, then the second rung of a change, then
///    floors; of the lowest priority first, and last of who refuses to be suspended.
/// 3. Then everybody grows, by priority, whose worst case fits beside all others.
final class Fit {
  private final Present present;
  private final Funds funds;
  private final List<Wish> order;
  private final Map<String, Part> plan = new TreeMap<>();

  Fit(Present present, Funds funds, List<Wish> wishes) {
    this.present = present;
    this.funds = funds;
    this.order = wishes.stream().sorted(Choices.ORDER).toList();
  }

  /// The plan that fits, by deployment.
  Map<String, Part> fit(Map<String, Part> wanted) {
    for (Wish wish : order) {
      plan.put(wish.name(), staying(wanted.get(wish.name())));
    }
    shrink();
    for (Wish wish : order) {
      grow(wanted.get(wish.name()));
    }
    return plan;
  }

  /// What `part` is without anything new.
  private static Part staying(@Nullable Part part) {
    if (part == null) {
      throw new IllegalStateException("a deployment has no part");
    }
    Option option = part.option();
    if (option == null || part.replicas() == 0) {
      return part;
    }
    Wish wish = part.wish();
    Option active = wish.option(wish.active()).orElse(null);
    if (active != null && !active.equals(option)) {
      int kept = wish.stock().firm(active.variant());
      return Part.of(
          wish,
          active,
          kept,
          "ChangeUnfunded",
          "a change to %s is not funded".formatted(option.variant()));
    }
    int count = wish.stock().firm(option.variant());
    return count >= part.replicas()
        ? part
        : part.with(
            count, "GrowthUnfunded", "%d more are not funded".formatted(part.replicas() - count));
  }

  private void shrink() {
    List<Wish> weakest = new ArrayList<>(order.reversed());
    weakest.sort(Comparator.comparing((Wish wish) -> !wish.policy().suspendAllowed()));
    for (Wish wish : weakest) {
      int least = wish.policy().least();
      while (!holds() && part(wish).replicas() > least) {
        Part part = part(wish);
        cut(wish, it -> it.with(part.replicas() - 1, "BudgetExhausted", missing()));
      }
    }
    for (Wish wish : weakest) {
      if (!holds() && part(wish).surge() > 0) {
        cut(wish, Part::withoutSurge);
      }
    }
    for (Wish wish : weakest) {
      if (!holds() && part(wish).replicas() > 0) {
        cut(wish, it -> it.with(0, "BudgetExhausted", missing()));
      }
    }
  }

  private void cut(Wish wish, UnaryOperator<Part> smaller) {
    plan.compute(wish.name(), (_, part) -> part == null ? null : smaller.apply(part));
  }

  private String missing() {
    return "$%s of $%s left, and leaving costs up to $%s: $%s are missing"
        .formatted(
            funds.position().left().print(2),
            funds.position().amount().print(2),
            reserve().inPeriod().print(2),
            funds.over(reserve()).print(2));
  }

  private void grow(@Nullable Part wanted) {
    if (wanted == null) {
      return;
    }
    Wish wish = wanted.wish();
    Part before = part(wish);
    boolean sameRung = wanted.option() != null && wanted.option().equals(before.option());
    boolean nothingNew = sameRung && wanted.replicas() <= before.replicas();
    if (nothingNew || before.reason().equals("BudgetExhausted")) {
      return;
    }
    if (tried(wanted) || (wish.policy().breakBeforeMake() && tried(wanted.withoutSurge()))) {
      return;
    }
    int from = sameRung ? before.replicas() : 0;
    int least = wish.policy().least();
    for (int replicas = wanted.replicas() - 1; replicas > from && replicas >= least; replicas--) {
      if (tried(wanted.with(replicas, "GrowthUnfunded", "no more than that is funded"))) {
        return;
      }
    }
    plan.put(wish.name(), before);
  }

  /// Puts `part` into the plan if that is funded.
  private boolean tried(Part part) {
    @Nullable Part before = plan.put(part.wish().name(), part);
    boolean fits = holds() && lasts(part);
    if (!fits && before != null) {
      plan.put(part.wish().name(), before);
    }
    return fits;
  }

  /// Whether what starts from nothing serves for its dwell at least, or until the period ends.
  private boolean lasts(Part part) {
    if (part.wish().stock().firm() > 0 || part.replicas() == 0) {
      return true;
    }
    var transition = part.wish().policy().transition();
    Duration span = transition.start().plus(transition.warm()).plus(part.wish().policy().dwell());
    Instant least = present.now().plus(span);
    Instant end = least.isBefore(present.window().end()) ? least : present.window().end();
    return !fundedUntil().isBefore(end);
  }

  Instant fundedUntil() {
    Window next = present.policy().calendar().containing(present.window().end());
    return funds.fundedUntil(all(), next);
  }

  /// What runs on, leaves and is told to leave, all of it.
  private Exposure all() {
    Exposure sum = present.leaving().plus(present.orphans());
    for (Part part : plan.values()) {
      sum = sum.plus(part.staying()).plus(part.released());
    }
    return sum;
  }

  /// What leaving costs under the plan.
  Reserve reserve() {
    Exposure staying = present.orphans();
    Exposure released = Exposure.NONE;
    for (Part part : plan.values()) {
      staying = staying.plus(part.staying());
      released = released.plus(part.released());
    }
    Reserve leaving =
        Reserve.of(
            released.highest(),
            present.policy().leaving().afterDecision(),
            present.window(),
            present.now());
    return funds.reserve(staying).plus(leaving).plus(present.leavingReserve());
  }

  boolean holds() {
    return funds.holds(reserve());
  }

  Money over() {
    return funds.over(reserve());
  }

  private Part part(Wish wish) {
    Part part = plan.get(wish.name());
    if (part == null) {
      throw new IllegalStateException(wish.name() + " has no part");
    }
    return part;
  }
}
