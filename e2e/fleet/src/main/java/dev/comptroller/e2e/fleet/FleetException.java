package dev.comptroller.e2e.fleet;

/// Something about the fleet that did not work; the message says what and what to do.
public final class FleetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FleetException(String message) {
    super(message);
  }

  FleetException(String message, Throwable cause) {
    super(message, cause);
  }
}
