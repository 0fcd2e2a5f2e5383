package dev.comptroller.e2e.nodeagent;

/// Why a pod or a container cannot be started now; it is tried again.
final class SetupException extends Exception {
  private static final long serialVersionUID = 1L;

  SetupException(String message) {
    super(message);
  }
}
