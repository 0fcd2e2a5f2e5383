package dev.comptroller.decide.condition;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Ordered checks that judge one condition: the first that has something to say decides.
///
/// @param checks asked in order
/// @param otherwise what is said when no check has anything
public record Chain<T>(List<Check<T>> checks, Function<T, Finding> otherwise) {
  public Chain {
    checks = List.copyOf(checks);
  }

  /// One pure check.
  @FunctionalInterface
  public interface Check<T> {
    /// What it finds; absent if it has nothing to say.
    Optional<Finding> judge(T seen);
  }

  /// The finding of the first check that has one.
  public Finding judge(T seen) {
    return checks.stream()
        .flatMap(check -> check.judge(seen).stream())
        .findFirst()
        .orElseGet(() -> otherwise.apply(seen));
  }
}
