package dev.comptroller.decide;

import java.util.List;

/// The numbers behind a decision: condition message, event and replayable trace.
///
/// @param summary one sentence with the choice and its figures
/// @param binding what the choice was bound by, such as `spec.replicas` or `scaling.maxReplicas`
/// @param candidates every rung looked at, in ladder order
public record Explanation(String summary, String binding, List<Candidate> candidates) {
  public Explanation {
    candidates = List.copyOf(candidates);
  }
}
