package dev.comptroller.engine;

/// The engine cannot start or go on; the message says why and what to do.
public final class EngineException extends RuntimeException {
  public EngineException(String message) {
    super(message);
  }

  public EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
