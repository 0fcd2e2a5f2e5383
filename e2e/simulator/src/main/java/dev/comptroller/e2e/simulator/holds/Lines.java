package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import java.time.Instant;

/// Usage lines of simulated requests.
final class Lines {
  private Lines() {}

  static UsageLine of(String id, Cost cost, Usage used, long micros) {
    return new UsageLine(
        id,
        id,
        Instant.EPOCH,
        "chat",
        "team-a",
        "chat",
        "large",
        "r",
        "team-a",
        "chat",
        "interactive",
        true,
        Outcome.OK,
        200,
        "stop",
        used,
        cost.price().version(),
        micros,
        cost.tariffPercent(),
        null,
        0);
  }
}
