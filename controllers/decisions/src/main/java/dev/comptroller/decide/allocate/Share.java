package dev.comptroller.decide.allocate;

import dev.comptroller.decide.units.HourlyRate;

/// What a deployment gets of its namespace's allowance.
///
/// @param claim what it asked for
/// @param granted dollars an hour that it may spend, at most what it wants
public record Share(Claim claim, HourlyRate granted) {
  /// Whether it gets all that it wants.
  public boolean isFull() {
    return granted.equals(claim.wanted());
  }

  /// Whether its floor is paid for.
  public boolean coversFloor() {
    return granted.compareTo(claim.floor()) >= 0;
  }

  /// One line: `chat: $12.00/h of $19.00/h wanted (floor $4.00/h, priority 100, weight 2)`.
  public String line() {
    return "%s: $%s/h of $%s/h wanted (floor $%s/h, priority %d, weight %d)"
        .formatted(
            claim.name(),
            granted.print(2),
            claim.wanted().print(2),
            claim.floor().print(2),
            claim.priority(),
            claim.weight());
  }
}
