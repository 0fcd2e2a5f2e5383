package dev.comptroller.api.v1alpha1;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the compact constructors put in place of absent members; the same defaults as the CRD's.
final class Absent {
  private Absent() {}

  static <T> T or(@Nullable T value, T fallback) {
    return value == null ? fallback : value;
  }

  static <T> List<T> list(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }
}
