package dev.comptroller.decide.publish;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a status shows: figures that flow, and what must never be late.
///
/// @param flowing micro-dollars, tokens or others by field name: published in quanta
/// @param prompt everything else, such as heat and conditions, in a form that differs when it
///   changes: published at once
public record Figures(SortedMap<String, Long> flowing, String prompt) {
  public Figures {
    flowing = Collections.unmodifiableSortedMap(new TreeMap<>(flowing));
  }

  /// These figures.
  public static Figures of(Map<String, Long> flowing, String prompt) {
    return new Figures(new TreeMap<>(flowing), prompt);
  }
}
