package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route;
import java.util.List;

/// What a model name means under one routing table.
public sealed interface Resolution {
  /// Exactly one deployment bears the name.
  record Found(Route route) implements Resolution {}

  /// No deployment bears the name.
  record Unknown(String model) implements Resolution {}

  /// More than one namespace has a deployment of that name.
  ///
  /// @param candidates the full names that would be unambiguous, ordered
  record Ambiguous(String model, List<String> candidates) implements Resolution {
    public Ambiguous {
      candidates = List.copyOf(candidates);
    }
  }
}
