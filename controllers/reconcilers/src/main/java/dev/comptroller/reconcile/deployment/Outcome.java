package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.condition.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What acting on a decision came to.
///
/// @param active the variant that serves; absent if none ever did
/// @param actions what was changed, for events
/// @param problem why the decision could not be carried out, as the `Ready` condition; absent if it
///   was
record Outcome(@Nullable String active, List<Action> actions, @Nullable Finding problem) {
  Outcome {
    actions = List.copyOf(actions);
  }

  /// One change.
  ///
  /// @param reason CamelCase
  /// @param action CamelCase verb
  /// @param note one sentence
  record Action(String reason, String action, String note) {}
}
