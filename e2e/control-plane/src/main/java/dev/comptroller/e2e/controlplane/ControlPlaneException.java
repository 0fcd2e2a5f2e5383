package dev.comptroller.e2e.controlplane;

/// A control plane that could not be built, started or stopped; the message says what to do.
public final class ControlPlaneException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ControlPlaneException(String message) {
    super(message);
  }

  ControlPlaneException(String message, Throwable cause) {
    super(message, cause);
  }
}
