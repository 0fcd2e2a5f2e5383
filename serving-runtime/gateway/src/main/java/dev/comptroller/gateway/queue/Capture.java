package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.relay.Downstream;
import dev.comptroller.gateway.relay.Receipt;
import dev.comptroller.gateway.relay.Settlement;
import dev.comptroller.protocol.routing.Route.Leg;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes the answer of a replica for an item, where a client would be. Confined to its run's
/// thread.
final class Capture implements Downstream, Settlement {
  private int status;
  private byte[] body = new byte[0];
  private Outcome outcome = Outcome.UPSTREAM_FAILED;
  private boolean begun;

  @Override
  public boolean moveTo(Leg leg) {
    return true;
  }

  @Override
  public boolean covers(Usage used) {
    return true;
  }

  /// Notes how the request ended; no line is written here.
  @Override
  public Receipt settle(Outcome how, @Nullable Leg leg, String replica, int withStatus) {
    outcome = how;
    status = withStatus;
    return Receipt.NONE;
  }

  @Override
  public Map<String, String> answerHeaders(@Nullable Leg leg) {
    return Map.of();
  }

  Outcome outcome() {
    return outcome;
  }

  int status() {
    return status;
  }

  byte[] body() {
    return body;
  }

  @Override
  public void respond(int answered, Map<String, String> headers, byte[] bytes) {
    begun = true;
    status = answered;
    body = bytes;
  }

  @Override
  public void begin(int answered, Map<String, String> headers) {
    throw new IllegalStateException("an item is never a stream");
  }

  @Override
  public void write(byte[] piece) {
    throw new IllegalStateException("an item is never a stream");
  }

  @Override
  public void end(Map<String, String> trailers) {
    throw new IllegalStateException("an item is never a stream");
  }

  @Override
  public boolean begun() {
    return begun;
  }
}
