package dev.comptroller.reconcile.status;

import dev.comptroller.decide.condition.Finding;
import java.util.List;

/// What became of a spec: the domain value in it, or what is wrong with it.
///
/// @param <T> the domain value
public sealed interface Parsed<T> {
  /// The spec is good.
  record Valid<T>(T value) implements Parsed<T> {}

  /// The spec cannot be carried out.
  ///
  /// @param violations each names the field and what to do; at least one
  record Invalid<T>(List<String> violations) implements Parsed<T> {
    public Invalid {
      violations = List.copyOf(violations);
    }

    /// The `Ready` condition that says so.
    public Finding finding() {
      return Finding.no(
          "Ready",
          "InvalidSpec",
          "%d %s: %s; the last valid spec stays in force"
              .formatted(
                  violations.size(),
                  violations.size() == 1 ? "error" : "errors",
                  String.join("; ", violations)));
    }
  }
}
