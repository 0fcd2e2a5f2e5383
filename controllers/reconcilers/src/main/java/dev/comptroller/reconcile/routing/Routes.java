package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.capacity.TokenMix;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Renders the route of a ModelDeployment from its spec, its status and its pods. Pure.
final class Routes {
  private Routes() {}

  /// The route of `deployment`.
  ///
  /// @param pods its pods, of all variants
  /// @param pools what the pools declare, by name
  /// @param before the route that was rendered last; absent if there was none
  static Route of(
      ModelDeployment deployment,
      List<Pod> pods,
      Map<String, PoolParser.Declared> pools,
      @Nullable Route before,
      Instant now) {
    String namespace = deployment.getMetadata().getNamespace();
    String name = deployment.getMetadata().getName();
    ModelDeploymentStatus status = deployment.getStatus();
    return switch (DeploymentParser.parse(deployment)) {
      case Parsed.Invalid<Declared> invalid -> {
        String active = before == null ? "" : before.activeVariant();
        int slots =
            before == null
                ? 1
                : before.replicas().stream().mapToInt(Replica::maxSequences).max().orElse(1);
        List<Replica> replicas = replicas(pods, active, slots);
        yield new Route(
            namespace,
            name,
            active,
            before == null ? null : before.postedPrice(),
            replicas,
            replicas.isEmpty()
                ? new Unavailable("Ready", "InvalidSpec", invalid.finding().message())
                : null,
            null);
      }
      case Parsed.Valid<Declared>(Declared declared) -> {
        Variant variant = active(declared, status);
        List<Replica> replicas = replicas(pods, variant.name(), variant.maxSequences());
        yield new Route(
            namespace,
            name,
            variant.name(),
            price(variant, pools.get(variant.pool()), before, now),
            replicas,
            replicas.isEmpty() ? unavailable(status) : null,
            null);
      }
    };
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

  private static Route.@Nullable PostedPrice price(
      Variant variant, PoolParser.@Nullable Declared pool, @Nullable Route before, Instant now) {
    HourlyRate perReplica =
        pool == null
            ? null
            : pool.prices().highest(now).share(variant.gpus(), pool.prices().gpusPerNode());
    Throughput throughput = Throughput.of(variant, pool == null ? "" : pool.product());
    PostedPrice previous = before == null ? null : domain(before.postedPrice());
    return PostedPrice.of(variant, perReplica, throughput, TokenMix.ASSUMED, previous)
        .posted()
        .map(Routes::wire)
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
