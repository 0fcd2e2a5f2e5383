package dev.comptroller.reconcile.trace;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;
import java.time.Instant;

/// One decision with everything it was made from.
///
/// @param schema of the file, [#SCHEMA]
/// @param at when it was decided
/// @param policy what the owner asked for
/// @param seen what was known
/// @param decision the answer, as it was written down
public record Trace(
    int schema, Instant at, NamespacePolicy policy, NamespaceSeen seen, JsonNode decision) {
  /// The schema that is written.
  public static final int SCHEMA = 1;

  /// The trace of a decision.
  public static Trace of(NamespaceSeen seen, NamespacePolicy policy, NamespaceDecision decision) {
    return new Trace(SCHEMA, decision.at(), policy, seen, TraceCodec.tree(decision));
  }
}
