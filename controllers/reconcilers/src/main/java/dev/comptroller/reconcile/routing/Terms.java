package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.Hold;
import dev.comptroller.api.v1alpha1.HoldByClass;
import dev.comptroller.api.v1alpha1.ModelDeploymentSpec;
import dev.comptroller.decide.units.Money;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Renders what the owner of a ModelDeployment lets requests do. Pure.
final class Terms {
  private Terms() {}

  static Route.Limits limits(ModelDeploymentSpec spec) {
    return spec.limits() == null
        ? Route.Limits.NONE
        : new Route.Limits(
            number(spec.limits().maxInputTokens()), number(spec.limits().maxOutputTokens()));
  }

  static Route.Holds holds(ModelDeploymentSpec spec) {
    HoldByClass hold = spec.admission().hold();
    return new Route.Holds(hold(hold.interactive()), hold(hold.batch()));
  }

  static Route.Batch batch(ModelDeploymentSpec spec) {
    return spec.batch() == null
        ? Route.Batch.STANDARD
        : new Route.Batch(
            spec.batch().tariff(),
            Math.max(1, DeploymentParser.duration(spec.batch().completionWindow()).toSeconds()),
            spec.batch().features());
  }

  static List<Route.Grant> grants(ModelDeploymentSpec spec) {
    return spec.grants().stream()
        .map(
            grant ->
                new Route.Grant(
                    grant.namespace(),
                    grant.features(),
                    grant.maxHourlySpend() == null
                        ? null
                        : Money.parse(grant.maxHourlySpend()).micros()))
        .sorted(Comparator.comparing(Route.Grant::namespace))
        .toList();
  }

  private static Route.Hold hold(Hold hold) {
    return switch (hold) {
      case SLICED -> Route.Hold.Sliced;
      case FULL -> Route.Hold.Full;
    };
  }

  private static @Nullable Long number(@Nullable Integer number) {
    return number == null ? null : Long.valueOf(number);
  }
}
