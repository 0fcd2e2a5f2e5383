package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.relay.Downstream;
import java.util.Map;

/// Takes the answer of a replica for an item, where a client would be. Confined to its run's
/// thread.
final class Capture implements Downstream {
  private int status;
  private byte[] body = new byte[0];
  private Outcome outcome = Outcome.UPSTREAM_FAILED;
  private boolean begun;

  /// Notes how the request ended; no line is written here.
  Map<String, String> ended(Outcome how, String replica, int withStatus) {
    outcome = how;
    status = withStatus;
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
