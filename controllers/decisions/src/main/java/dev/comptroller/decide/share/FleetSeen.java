package dev.comptroller.decide.share;

import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.units.HourlyRate;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What all deployments wish for, and what there is.
///
/// @param wishes wishes by namespace and name
/// @param pools pools by name
/// @param others GPUs of each node that are held by pods of which no wish is known
/// @param allowances dollars an hour that a namespace may spend; one that is not here may spend any
public record FleetSeen(
    SortedMap<String, Wish> wishes,
    SortedMap<String, Pool> pools,
    SortedMap<String, Integer> others,
    SortedMap<String, HourlyRate> allowances) {
  public FleetSeen {
    wishes = Collections.unmodifiableSortedMap(new TreeMap<>(wishes));
    pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
    others = Collections.unmodifiableSortedMap(new TreeMap<>(others));
    allowances = Collections.unmodifiableSortedMap(new TreeMap<>(allowances));
  }

  /// The same from any maps.
  public static FleetSeen of(
      Map<String, Wish> wishes,
      Map<String, Pool> pools,
      Map<String, Integer> others,
      Map<String, HourlyRate> allowances) {
    return new FleetSeen(
        new TreeMap<>(wishes),
        new TreeMap<>(pools),
        new TreeMap<>(others),
        new TreeMap<>(allowances));
  }
}
