package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Batch;
import dev.comptroller.protocol.routing.Route.Holds;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Limits;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Unavailable;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.pool.PoolParser;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Renders the route of a ModelDeployment from its spec, its status and its pods. Pure.
final class Routes {
  /// The variant of a deployment whose spec was never valid.
  private static final String NONE = "none";

  private static final int WHOLE = 100;

  private Routes() {}

  /// What variants are posted at.
  interface Prices {
    /// The price of a variant of `deployment`; absent if nothing is known to go by.
    ///
    /// @param perReplica what a replica costs an hour at most; absent if its pool has no price
    /// @param said its speed as declared or estimated
    /// @param before the price that was rendered last
    Optional<PostedPrice> of(
        ModelDeployment deployment,
        Variant variant,
        @Nullable HourlyRate perReplica,
        Throughput said,
        @Nullable PostedPrice before);
  }

  /// The route of `deployment`.
  ///
  /// @param pods its pods, of all variants
  /// @param pools what the pools declare, by name
  /// @param account of its namespace; empty if no budget is in force there
  /// @param before the route that was rendered last; absent if there was none
  /// @param prices what its variants are posted at
  static Route of(
      ModelDeployment deployment,
      List<Pod> pods,
      Map<String, PoolParser.Declared> pools,
      Optional<Account> account,
      @Nullable Route before,
      Prices prices,
      Instant now) {
    String namespace = deployment.getMetadata().getNamespace();
    String name = deployment.getMetadata().getName();
    ModelDeploymentStatus status = deployment.getStatus();
    return switch (DeploymentParser.parse(deployment)) {
      case Parsed.Invalid<Declared> invalid -> {
        List<Leg> legs = before == null ? List.of() : kept(before, pods);
        boolean serves = legs.stream().anyMatch(leg -> !leg.replicas().isEmpty());
        yield new Route(
            namespace,
            name,
            before == null ? NONE : before.activeVariant(),
            "",
            legs,
            serves ? null : new Unavailable("Ready", "InvalidSpec", invalid.finding().message()),
            before == null ? Limits.NONE : before.limits(),
            before == null ? Holds.SLICED : before.holds(),
            before == null ? Batch.STANDARD : before.batch(),
            before == null ? List.of() : before.grants(),
            before != null && before.pricierFallback(),
            null);
      }
      case Parsed.Valid<Declared>(Declared declared) -> {
        List<Leg> legs = legs(deployment, declared, pods, pools, before, prices, now);
        boolean serves =
            legs.stream().anyMatch(leg -> leg.weight() > 0 && !leg.replicas().isEmpty());
        yield new Route(
            namespace,
            name,
            active(declared, status).name(),
            why(status),
            legs,
            serves ? null : unavailable(status),
            Terms.limits(deployment.getSpec()),
            Terms.holds(deployment.getSpec()),
            Terms.batch(deployment.getSpec()),
            Terms.grants(deployment.getSpec()),
            deployment.getSpec().downgrade().pricierFallback(),
            Wakes.of(
                deployment,
                Objects.requireNonNull(declared.rungs().get(active(declared, status).name())),
                account,
                now));
      }
    };
  }

  /// Every declared variant that has weight or ready replicas, best first. The weights are those of
  /// the status; before there are any, the active variant has all of it.
  private static List<Leg> legs(
      ModelDeployment deployment,
      Declared declared,
      List<Pod> pods,
      Map<String, PoolParser.Declared> pools,
      @Nullable Route before,
      Prices prices,
      Instant now) {
    ModelDeploymentStatus status = deployment.getStatus();
    String active = active(declared, status).name();
    List<Leg> legs = new ArrayList<>();
    for (Variant variant : declared.policy().ladder()) {
      List<Replica> replicas = replicas(pods, variant.name(), variant.maxSequences());
      int weight = weight(status, variant.name(), active);
      if (weight > 0 || !replicas.isEmpty()) {
        PoolParser.Declared pool = pools.get(variant.pool());
        HourlyRate perReplica = perReplica(variant, pool, now);
        legs.add(
            new Leg(
                variant.name(),
                variant.quality(),
                weight,
                prices
                    .of(
                        deployment,
                        variant,
                        perReplica,
                        Throughput.of(variant, pool == null ? "" : pool.product()),
                        previous(variant, before))
                    .map(Routes::wire)
                    .orElse(null),
                perReplica == null ? 0 : perReplica.microsPerHour(),
                variant.gpus(),
                replicas));
      }
    }
    return legs;
  }

  private static int weight(@Nullable ModelDeploymentStatus status, String variant, String active) {
    if (status == null || status.legs().isEmpty()) {
      return variant.equals(active) ? WHOLE : 0;
    }
    return status.legs().stream()
        .filter(leg -> leg.variant().equals(variant))
        .mapToInt(ModelDeploymentStatus.Leg::weight)
        .findFirst()
        .orElse(0);
  }

  /// Why a lower rung than the best serves; empty while it does not.
  private static String why(@Nullable ModelDeploymentStatus status) {
    return status == null
        ? ""
        : status.conditions().stream()
            .filter(c -> c.type().equals("Downgraded") && c.status().equals("True"))
            .map(Condition::message)
            .findFirst()
            .orElse("");
  }

  /// The legs that were rendered last, with the replicas of now.
  private static List<Leg> kept(Route before, List<Pod> pods) {
    return before.legs().stream()
        .map(
            leg ->
                leg.with(
                    replicas(
                        pods,
                        leg.variant(),
                        leg.replicas().stream().mapToInt(Replica::maxSequences).max().orElse(1))))
        .toList();
  }

  private static Variant active(Declared declared, @Nullable ModelDeploymentStatus status) {
    List<Variant> ladder = declared.policy().ladder();
    String active = status == null ? null : status.activeVariant();
    return ladder.stream()
        .filter(variant -> variant.name().equals(active))
        .findFirst()
        .orElse(ladder.getFirst());
  }

  private static List<Replica> replicas(List<Pod> pods, String variant, int maxSequences) {
    List<Replica> replicas = new ArrayList<>();
    for (Pod pod : pods) {
      Optional<String> address = PodFacts.address(pod);
      boolean serves =
          PodFacts.isReady(pod)
              && PodFacts.label(pod, Names.VARIANT_LABEL).filter(variant::equals).isPresent();
      if (serves && address.isPresent()) {
        replicas.add(new Replica(pod.getMetadata().getName(), socket(address.get()), maxSequences));
      }
    }
    replicas.sort(Comparator.comparing(Replica::name));
    return replicas;
  }

  private static String socket(String address) {
    String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
    return host + ":" + Names.RUNTIME_PORT;
  }

  private static Unavailable unavailable(@Nullable ModelDeploymentStatus status) {
    Optional<Condition> condition =
        status == null
            ? Optional.empty()
            : status.conditions().stream()
                .filter(c -> c.type().equals("Ready") && !c.status().equals("True"))
                .findFirst()
                .or(
                    () ->
                        status.conditions().stream()
                            .filter(c -> c.type().equals("VariantAvailable"))
                            .findFirst());
    return condition
        .map(c -> new Unavailable(c.type(), c.reason(), c.message()))
        .orElseGet(
            () -> new Unavailable("Ready", "NotYetObserved", "0 replicas: it was just created"));
  }

  private static @Nullable HourlyRate perReplica(
      Variant variant, PoolParser.@Nullable Declared pool, Instant now) {
    return pool == null
        ? null
        : pool.prices().highest(now).share(variant.gpus(), pool.prices().gpusPerNode());
  }

  private static @Nullable PostedPrice previous(Variant variant, @Nullable Route before) {
    return before == null
        ? null
        : before.legs().stream()
            .filter(leg -> leg.variant().equals(variant.name()))
            .findFirst()
            .map(leg -> domain(leg.postedPrice()))
            .orElse(null);
  }

  private static Route.PostedPrice wire(PostedPrice price) {
    return new Route.PostedPrice(
        price.version(),
        price.source().name(),
        price.input().microsPerMillion(),
        price.cachedInput().microsPerMillion(),
        price.output().microsPerMillion());
  }

  private static @Nullable PostedPrice domain(Route.@Nullable PostedPrice price) {
    return price == null
        ? null
        : new PostedPrice(
            price.version(),
            PostedPrice.Source.valueOf(price.source()),
            new Cpm(price.inputMicros()),
            new Cpm(price.cachedInputMicros()),
            new Cpm(price.outputMicros()));
  }
}
