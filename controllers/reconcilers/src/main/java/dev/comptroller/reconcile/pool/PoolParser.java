package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.Capacity;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolSpec;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolPace;
import dev.comptroller.decide.pool.PoolPolicy;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Violations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns the spec of a GpuNodePool into what it declares, or into what is wrong with it. Pure.
public final class PoolParser {
  private PoolParser() {}

  /// What a pool declares.
  ///
  /// @param name its name
  /// @param product GPU product
  /// @param prices what its nodes cost
  /// @param maxHourlySpend dollar ceiling; absent if there is none
  public record Declared(
      String name, String product, PriceBook prices, @Nullable HourlyRate maxHourlySpend) {}

  /// Parses `pool`.
  public static Parsed<Declared> parse(GpuNodePool pool) {
    Violations violations = new Violations();
    GpuNodePoolSpec spec = pool.getSpec();
    if (spec == null || spec.gpu() == null) {
      return new Parsed.Invalid<>(List.of("spec.gpu: is missing; give product and perNode"));
    }
    List<Price> prices = new ArrayList<>();
    for (int i = 0; i < spec.capacity().size(); i++) {
      prices(spec.capacity().get(i), "spec.capacity[%d]".formatted(i), violations, prices);
    }
    String limit = spec.maxHourlySpend();
    Optional<HourlyRate> ceiling =
        limit == null
            ? Optional.empty()
            : violations.parse("spec.maxHourlySpend", () -> HourlyRate.parse(limit));
    Optional<PriceBook> book =
        violations.isEmpty()
            ? violations.parse("spec", () -> new PriceBook(spec.gpu().perNode(), prices))
            : Optional.empty();
    return book.<Parsed<Declared>>map(
            known ->
                new Parsed.Valid<>(
                    new Declared(
                        pool.getMetadata().getName(),
                        spec.gpu().product(),
                        known,
                        ceiling.orElse(null))))
        .orElseGet(() -> new Parsed.Invalid<>(violations.found()));
  }

  /// What the owner of `pool` allows its provisioner; absent where nodes are only counted.
  ///
  /// @param declared what the pool declares, with the prices that hold
  static Optional<PoolPolicy> policy(GpuNodePool pool, Declared declared) {
    GpuNodePoolSpec spec = pool.getSpec();
    if (!isProvisioned(pool)) {
      return Optional.empty();
    }
    Duration start = DeploymentParser.duration(spec.startTimeout());
    PoolPace usual = PoolPace.DEFAULT;
    return Optional.of(
        new PoolPolicy(
            declared.name(),
            declared.prices(),
            spec.capacity().stream()
                .map(c -> new PoolPolicy.Offer(type(c.type()), c.minNodes(), c.maxNodes()))
                .toList(),
            declared.maxHourlySpend(),
            new PoolPace(
                DeploymentParser.duration(spec.idleTimeout()),
                start,
                usual.backOff(),
                usual.backOffLimit(),
                usual.ahead())));
  }

  /// Whether nodes of `pool` are made and removed by the operator.
  static boolean isProvisioned(GpuNodePool pool) {
    GpuNodePoolSpec spec = pool.getSpec();
    return spec != null && spec.provisioner() != null && spec.provisioner().fixed() == null;
  }

  private static void prices(
      Capacity capacity, String field, Violations violations, List<Price> prices) {
    CapacityType type = type(capacity.type());
    Optional<Instant> from =
        instant(capacity.effectiveFrom(), field + ".effectiveFrom", violations);
    Optional<Instant> until =
        instant(capacity.effectiveUntil(), field + ".effectiveUntil", violations);
    violations
        .parse(field + ".pricePerNodeHour", () -> HourlyRate.parse(capacity.pricePerNodeHour()))
        .ifPresent(
            rate -> prices.add(new Price(type, rate, from.orElse(null), until.orElse(null))));
    for (int i = 0; i < capacity.prices().size(); i++) {
      Capacity.PriceChange change = capacity.prices().get(i);
      String at = "%s.prices[%d]".formatted(field, i);
      Optional<HourlyRate> rate =
          violations.parse(
              at + ".pricePerNodeHour", () -> HourlyRate.parse(change.pricePerNodeHour()));
      Optional<Instant> since = instant(change.from(), at + ".from", violations);
      if (rate.isPresent() && since.isPresent()) {
        Instant start = from.filter(since.get()::isBefore).orElse(since.get());
        prices.add(new Price(type, rate.get(), start, until.orElse(null)));
      }
    }
  }

  private static Optional<Instant> instant(
      @Nullable String text, String field, Violations violations) {
    return text == null ? Optional.empty() : violations.parse(field, () -> Instant.parse(text));
  }

  /// The domain's name for a capacity type of the API.
  public static CapacityType type(dev.comptroller.api.v1alpha1.CapacityType type) {
    return switch (type) {
      case RESERVED -> CapacityType.Reserved;
      case ON_DEMAND -> CapacityType.OnDemand;
      case SPOT -> CapacityType.Spot;
    };
  }
}
