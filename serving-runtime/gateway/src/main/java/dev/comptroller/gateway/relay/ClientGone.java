package dev.comptroller.gateway.relay;

/// The client closed its connection, or stopped reading for too long.
public final class ClientGone extends Exception {
  private static final long serialVersionUID = 1L;

  /// Says how it was noticed.
  public ClientGone(String message) {
    super(message);
  }
}
