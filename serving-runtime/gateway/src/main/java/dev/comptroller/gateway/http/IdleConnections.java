package dev.comptroller.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Closes connections that have had no request for a while.
///
/// A connection with a request in it is never idle, however long an answer takes to begin; one that
/// was opened and sent no whole request head is.
final class IdleConnections {
  private static final class State {
    private int running;
    private int ticks;
  }

  private static final int TICKS = 8;

  private final Map<HttpConnection, State> connections = new ConcurrentHashMap<>();

  IdleConnections(Vertx vertx, Duration limit) {
    vertx.setPeriodic(Math.max(1, limit.toMillis() / TICKS), _ -> sweep());
  }

  void opened(HttpConnection connection) {
    connections.put(connection, new State());
    connection.closeHandler(_ -> connections.remove(connection));
  }

  void busy(HttpServerRequest request) {
    State state = connections.get(request.connection());
    if (state != null) {
      synchronized (state) {
        state.running++;
      }
      request
          .response()
          .endHandler(
              _ -> {
                synchronized (state) {
                  state.running--;
                  state.ticks = 0;
                }
              });
    }
  }

  private void sweep() {
    connections.forEach(
        (connection, state) -> {
          boolean idle;
          synchronized (state) {
            idle = state.running == 0 && ++state.ticks > TICKS;
          }
          if (idle) {
            var _ = connection.close();
          }
        });
  }
}
