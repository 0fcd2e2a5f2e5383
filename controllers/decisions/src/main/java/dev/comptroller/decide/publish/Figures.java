package dev.comptroller.decide.publish;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a status shows: figures that flow, those that only follow from others, and what must never
/// be late.
///
/// @param flowing micro-dollars, tokens or others by field name: published in quanta
/// @param derived by field name: published with the others, or when they have moved for a while,
///   however far
/// @param prompt everything else, such as heat and conditions, in a form that differs when it
///   changes: published at once
public record Figures(
    SortedMap<String, Long> flowing, SortedMap<String, Long> derived, String prompt) {
  public Figures {
    flowing = Collections.unmodifiableSortedMap(new TreeMap<>(flowing));
    derived = Collections.unmodifiableSortedMap(new TreeMap<>(derived));
  }

  /// Figures of which none is derived.
  public static Figures of(Map<String, Long> flowing, String prompt) {
    return of(flowing, Map.of(), prompt);
  }

  /// These figures.
  public static Figures of(Map<String, Long> flowing, Map<String, Long> derived, String prompt) {
    return new Figures(new TreeMap<>(flowing), new TreeMap<>(derived), prompt);
  }
}
