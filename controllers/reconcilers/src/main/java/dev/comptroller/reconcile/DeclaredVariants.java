package dev.comptroller.reconcile;

import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.Physics;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.desired.Rung;
import dev.comptroller.reconcile.pool.PoolParser;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.status.Parsed;
import java.util.Objects;
import java.util.Optional;

/// What the specs of deployments and pools declare of variants.
record DeclaredVariants(FleetView view, Pools pools) implements Speeds.Variants {
  /// What a deployment declares; absent if it is gone or its spec cannot be read.
  Optional<Declared> declared(String namespace, String deployment) {
    return view.deployment(namespace, deployment)
        .flatMap(
            found ->
                DeploymentParser.parse(found) instanceof Parsed.Valid<Declared>(var declared)
                    ? Optional.of(declared)
                    : Optional.empty());
  }

  @Override
  public boolean exists(TokenLedger.Key key) {
    return view.deployment(key.namespace(), key.deployment()).isPresent()
        && declared(key.namespace(), key.deployment())
            .map(declared -> declared.rungs().containsKey(key.variant()))
            .orElse(true);
  }

  @Override
  public Optional<Subject> subject(TokenLedger.Key key) {
    Optional<Declared> declared = declared(key.namespace(), key.deployment());
    Optional<Rung> rung = declared.map(found -> found.rungs().get(key.variant()));
    Optional<Variant> variant = declared.flatMap(found -> variant(found, key));
    Optional<String> product = variant.flatMap(this::product);
    return product.isEmpty() || rung.isEmpty()
        ? Optional.empty()
        : view.deployment(key.namespace(), key.deployment())
            .map(
                deployment ->
                    new Subject(
                        deployment.getMetadata().getUid(),
                        traits(rung.get(), variant.get().quantization(), product.get())));
  }

  @Override
  public Optional<Belief> prior(TokenLedger.Key key) {
    return declared(key.namespace(), key.deployment())
        .flatMap(found -> variant(found, key))
        .flatMap(
            variant ->
                product(variant)
                    .flatMap(product -> Physics.CALIBRATED.stepBelief(variant, product)));
  }

  private static Optional<Variant> variant(Declared declared, TokenLedger.Key key) {
    return declared.policy().ladder().stream()
        .filter(variant -> variant.name().equals(key.variant()))
        .findFirst();
  }

  private Optional<String> product(Variant variant) {
    return pools.declared(variant.pool()).map(PoolParser.Declared::product);
  }

  /// What replicas compute with, and on: what they are told, without their queue, and the GPUs;
  /// the pool that those are in does not matter. Other words for the same begin everything anew.
  static String traits(Rung rung, String quantization, String product) {
    return "%s %s/%s (%s) %s, context %s, %d sequences, %d tokens a step, %d x %s"
        .formatted(
            rung.engine(),
            rung.claim(),
            rung.path(),
            Objects.requireNonNullElse(rung.digest(), "not checked"),
            quantization,
            Optional.ofNullable(rung.contextLength()).map(Object::toString).orElse("its own"),
            rung.maxSequences(),
            rung.maxBatchedTokens(),
            rung.gpus(),
            product);
  }
}
