package dev.comptroller.decide.downgrade;

import dev.comptroller.decide.Explanation;

/// Which rung serves under an allowance, and why.
public sealed interface RungChoice {
  /// The candidates with their figures, and what the choice was bound by.
  Explanation explanation();

  /// What would be chosen if money did not matter, in a sentence.
  String withoutBudget();

  /// This rung with this many replicas.
  ///
  /// @param option the rung
  /// @param replicas how many; fewer than the demand needs if no rung could serve all of it
  record Serve(Option option, int replicas, Explanation explanation, String withoutBudget)
      implements RungChoice {}

  /// The allowance pays for no rung that may serve.
  record Unaffordable(Explanation explanation, String withoutBudget) implements RungChoice {}

  /// No rung may serve, whatever the allowance.
  record Barred(Explanation explanation, String withoutBudget) implements RungChoice {}
}
