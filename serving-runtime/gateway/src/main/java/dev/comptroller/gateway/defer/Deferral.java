package dev.comptroller.gateway.defer;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.protocol.routing.Route;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Where a request that can wait does wait, while its client keeps the connection open.
///
/// The gateway asks before money is held. When the turn comes the request runs as class `batch` at
/// the turn's tariff, and the turn is given back when it has ended, however it ended.
public interface Deferral {
  /// A request that can wait.
  ///
  /// @param requestId of the request
  /// @param tier that the client asked for; [TrafficClass#INTERACTIVE] if only heat asks it to wait
  /// @param estimatedTokens of input and output together
  /// @param most the longest that it may wait; absent if only the queue's patience ends it
  /// @param gone whether the client has left meanwhile; a wait ends soon after
  record Waiting(
      String requestId,
      Caller caller,
      Route route,
      TrafficClass tier,
      long estimatedTokens,
      @Nullable Duration most,
      BooleanSupplier gone) {}

  /// How a wait ended.
  sealed interface Waited {
    /// It is this request's turn: run it, then close the turn.
    record Turn(Slot slot) implements Waited {}

    /// There is no queue for it: it runs as an interactive request at the whole price.
    record NotQueued() implements Waited {}

    /// Its time is over, or cannot be kept: nothing is billed.
    ///
    /// @param message with numbers, for the client
    /// @param retryAfterSeconds when it may be worth to try again
    record TooLate(String message, long retryAfterSeconds) implements Waited {}
  }

  /// The right to run one request.
  interface Slot extends AutoCloseable {
    /// Percent of the posted price that it is charged at.
    int tariffPercent();

    /// What the answer says of its wait, such as `waited 12 s in the queue: heat 87 %`.
    String why();

    /// Gives the right back, once.
    @Override
    void close();
  }

  /// Waits for the turn of a request.
  Waited await(Waiting request) throws InterruptedException;

  /// No queue at all.
  static Deferral none() {
    return _ -> new Waited.NotQueued();
  }
}
