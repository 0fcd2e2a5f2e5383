package dev.comptroller.gateway.relay;

import org.jspecify.annotations.Nullable;

/// Stops one request's work on its replica, from whatever thread notices first.
///
/// The action that stops the work changes while the request proceeds (abandon the connection
/// attempt, close the answer); an action set after the cancellation runs at once.
public final class Cancellation {
  /// Why a request was stopped.
  public enum Cause {
    /// The client is not there any more.
    CLIENT_GONE,
    /// The replica has sent nothing for too long.
    SILENT,
    /// The gateway is leaving and has waited long enough.
    SHUTDOWN
  }

  private @Nullable Cause cause;
  private Runnable stop = () -> {};

  /// Stops the work; only the first call counts.
  public void cancel(Cause why) {
    Runnable action;
    synchronized (this) {
      if (cause != null) {
        return;
      }
      cause = why;
      action = stop;
    }
    action.run();
  }

  /// Why the work was stopped; null while it has not been.
  public synchronized @Nullable Cause cause() {
    return cause;
  }

  /// Whether the client has left.
  public boolean clientGone() {
    return cause() == Cause.CLIENT_GONE;
  }

  /// Sets what stops the work from here on; it must not block.
  public void stopWith(Runnable action) {
    synchronized (this) {
      if (cause == null) {
        stop = action;
        return;
      }
    }
    action.run();
  }
}
