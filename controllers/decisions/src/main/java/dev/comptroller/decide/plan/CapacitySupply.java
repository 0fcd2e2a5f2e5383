package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;

/// The nodes of one capacity type that a pool has or could have.
///
/// @param type how they are paid for
/// @param perNode dollars an hour of a node
/// @param paid nodes that are paid for anyway: reserved ones, a minimum, those of a static pool;
///   what runs there costs nothing more
/// @param most nodes that there may be, paid ones included
public record CapacitySupply(CapacityType type, HourlyRate perNode, int paid, int most) {
  public CapacitySupply {
    if (paid < 0 || most < paid) {
      throw new IllegalArgumentException(
          "%s nodes: %d paid and %d at most: need 0 <= paid <= most"
              .formatted(type.label(), paid, most));
    }
  }
}
