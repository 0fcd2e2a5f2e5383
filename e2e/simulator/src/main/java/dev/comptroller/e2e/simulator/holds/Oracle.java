package dev.comptroller.e2e.simulator.holds;

import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import java.util.HashMap;
import java.util.Map;

/// A desk that knows how long every answer will be: it takes what fits and cuts nothing.
final class Oracle implements Desk {
  private final Cost cost;
  private final long limit;
  private final Map<Integer, Long> due = new HashMap<>();
  private long committed;
  private long held;

  Oracle(Cost cost, long limit) {
    this.cost = cost;
    this.limit = limit;
  }

  @Override
  public boolean open(int request, long input, long output) {
    long micros = cost.of(new Usage(input, 0, output, false));
    if (committed + micros > limit) {
      return false;
    }
    committed += micros;
    held += micros;
    due.put(request, micros);
    return true;
  }

  @Override
  public boolean covers(int request, Usage used) {
    return true;
  }

  @Override
  public void settle(int request, Usage used) {
    Long micros = due.remove(request);
    held -= micros == null ? 0 : micros;
  }

  @Override
  public long held() {
    return held;
  }
}
