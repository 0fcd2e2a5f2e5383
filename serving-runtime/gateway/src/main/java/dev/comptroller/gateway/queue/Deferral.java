package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import java.time.Duration;

/// The queue as single requests see it: they wait on their open connection for an idle slot, among
/// the items of batches, earliest deadline first.
///
/// A request that has a slot runs on the leg it was given, with [Deferral#CLASS_HEADER], is charged
/// at the route's tariff, and gives the slot back when it is over. It is not kept on disk: its
/// client waits, and knows when the gateway dies.
public interface Deferral {
  /// How long a request with `service_tier: flex` waits if it does not say.
  Duration STANDARD_WAIT = Duration.ofMinutes(10);

  /// Request header that tells a replica to run a request behind interactive ones.
  String CLASS_HEADER = "x-comptroller-class";

  /// Value of [#CLASS_HEADER] for queued work.
  String BATCH_CLASS = "batch";

  /// Waits for a slot.
  ///
  /// @param route the deployment that serves it
  /// @param payer namespace that pays; it waits while that is suspended
  /// @param wait the longest that it may take
  /// @param cancellation ends the wait when the client leaves
  Turn await(Route route, String payer, Duration wait, Cancellation cancellation)
      throws InterruptedException;

  /// A slot that is held.
  interface Place extends AutoCloseable {
    /// Gives it back, once.
    @Override
    void close();
  }

  /// What became of the wait.
  sealed interface Turn {
    /// The request may run.
    ///
    /// @param leg of one replica, with the price in force
    /// @param slot to be closed when the request is over
    record Granted(Leg leg, Place slot) implements Turn {}

    /// No slot came free in time: 429, nothing is billed.
    ///
    /// @param retryAfter when it may be worth another try
    record TimedOut(Duration retryAfter, String message) implements Turn {}

    /// The client left, or the gateway leaves.
    record Cancelled() implements Turn {}
  }
}
