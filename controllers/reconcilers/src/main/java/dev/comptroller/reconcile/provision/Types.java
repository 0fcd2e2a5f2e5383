package dev.comptroller.reconcile.provision;

import dev.comptroller.decide.fleet.CapacityType;

/// Names of capacity types.
final class Types {
  private Types() {}

  /// The domain's name for a type of the API.
  static CapacityType domain(dev.comptroller.api.v1alpha1.CapacityType type) {
    return switch (type) {
      case RESERVED -> CapacityType.Reserved;
      case ON_DEMAND -> CapacityType.OnDemand;
      case SPOT -> CapacityType.Spot;
    };
  }
}
