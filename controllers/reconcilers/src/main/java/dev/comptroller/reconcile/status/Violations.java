package dev.comptroller.reconcile.status;

import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Collects what is wrong with a spec, field by field.
public final class Violations {
  private final List<String> found = new ArrayList<>();

  /// The value of `parse`, or nothing and a violation of `field` with the exception's message.
  public <T> Optional<T> parse(String field, Supplier<T> parse) {
    try {
      return Optional.of(parse.get());
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
      found.add(field + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /// Records that `field` is wrong.
  public void add(String field, String message) {
    found.add(field + ": " + message);
  }

  /// What was found, in order.
  public List<String> found() {
    return List.copyOf(found);
  }

  /// Whether nothing was found.
  public boolean isEmpty() {
    return found.isEmpty();
  }
}
