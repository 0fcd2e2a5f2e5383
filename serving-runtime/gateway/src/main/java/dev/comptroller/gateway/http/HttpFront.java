package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.relay.ClientGone;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Takes requests off the event loop: finds the endpoint, reads the body within limits, then hands
/// both to a virtual thread that may block.
final class HttpFront {
  private static final Logger LOG = System.getLogger(HttpFront.class.getName());

  /// How long a client may take to read why its body was not taken, before the connection closes.
  private static final Duration LINGER = Duration.ofSeconds(1);

  /// Limits on what clients may send, and on how slowly.
  ///
  /// @param body the largest body, in bytes
  /// @param bodies the most bytes of bodies held at once, over all clients
  /// @param bodyWithin how long a body may take to arrive
  /// @param writeWithin how long a client may take to read a piece
  record Limits(int body, long bodies, Duration bodyWithin, Duration writeWithin) {}

  private final Vertx vertx;
  private final List<Endpoint> endpoints;
  private final Limits limits;
  private final Gate gate;
  private final AtomicLong held = new AtomicLong();

  HttpFront(Vertx vertx, List<Endpoint> endpoints, Limits limits, Gate gate) {
    this.vertx = vertx;
    this.endpoints = List.copyOf(endpoints);
    this.limits = limits;
    this.gate = gate;
  }

  /// Takes one request; runs on the event loop.
  void accept(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    Set<String> methods = new TreeSet<>();
    for (Endpoint endpoint : endpoints) {
      Optional<String> id = endpoint.match(path);
      if (id.isPresent()) {
        if (endpoint.method().equals(request.method().name())) {
          new Intake(request, endpoint, id.get()).start();
          return;
        }
        methods.add(endpoint.method());
      }
    }
    refuseUnmatched(request, path, methods);
  }

  private static void refuseUnmatched(HttpServerRequest request, String path, Set<String> methods) {
    String asked = request.method().name() + " " + path;
    ApiError error =
        methods.isEmpty()
            ? new ApiError(
                404, "unknown path: " + asked, "invalid_request_error", null, "not_found", Map.of())
            : new ApiError(
                405,
                "%s is not allowed, use %s".formatted(asked, String.join(", ", methods)),
                "invalid_request_error",
                null,
                "method_not_allowed",
                Map.of("allow", String.join(", ", methods)));
    request.response().setStatusCode(error.status());
    error.headersWith(Map.of("connection", "close")).forEach(request.response()::putHeader);
    var _ = request.response().end(Buffer.buffer(error.body()));
  }

  /// The arrival of one body; confined to the event loop until it is whole.
  private final class Intake {
    private final HttpServerRequest request;
    private final Endpoint endpoint;
    private final String pathId;
    private final Buffer body = Buffer.buffer();
    private final Cancellation cancellation = new Cancellation();
    private long counted;
    private long timer;
    private boolean over;

    Intake(HttpServerRequest request, Endpoint endpoint, String pathId) {
      this.request = request;
      this.endpoint = endpoint;
      this.pathId = pathId;
    }

    void start() {
      request.response().closeHandler(_ -> left());
      request.response().exceptionHandler(_ -> left());
      request.exceptionHandler(_ -> left());
      Optional<Gate.Admitted.Unknown> wrong =
          endpoint.access() == Endpoint.Access.CREDENTIAL
              ? gate.plainlyWrong(request.getHeader("authorization"))
              : Optional.empty();
      if (wrong.isPresent()) {
        finish(unknown(wrong.get().why()));
        return;
      }
      String encoding = request.getHeader("content-encoding");
      if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
        finish(
            problem(
                415,
                "content-encoding " + encoding + " is not read: send the body plain",
                "unsupported_encoding"));
        return;
      }
      if (endpoint.intake() == Endpoint.Intake.STREAMED) {
        over = true;
        StreamedBody streamed = new StreamedBody(request, vertx, limits.bodyWithin(), cancellation);
        hand(new HttpExchange(request, streamed, pathId, limits.writeWithin(), cancellation));
        return;
      }
      timer =
          vertx.setTimer(
              limits.bodyWithin().toMillis(),
              _ ->
                  finish(
                      problem(
                          408,
                          "the body did not arrive within %d s"
                              .formatted(limits.bodyWithin().toSeconds()),
                          "request_timeout")));
      request.handler(this::take);
      request.endHandler(_ -> finish(null));
    }

    private void take(Buffer piece) {
      if (over) {
        return;
      }
      counted += piece.length();
      if (held.addAndGet(piece.length()) > limits.bodies()) {
        finish(ApiError.unavailable("too many large requests at once", "overloaded"));
      } else if (counted > limits.body()) {
        finish(
            problem(
                413,
                "the body is longer than %d bytes".formatted(limits.body()),
                "request_too_large"));
      } else {
        body.appendBuffer(piece);
      }
    }

    private void left() {
      cancellation.cancel(Cancellation.Cause.CLIENT_GONE);
      if (!over) {
        over = true;
        vertx.cancelTimer(timer);
        held.addAndGet(-counted);
      }
    }

    private void finish(@Nullable ApiError problem) {
      if (over) {
        return;
      }
      over = true;
      vertx.cancelTimer(timer);
      byte[] bytes = problem == null ? body.getBytes() : new byte[0];
      HttpExchange exchange =
          new HttpExchange(request, bytes, problem, pathId, limits.writeWithin(), cancellation);
      hand(exchange);
    }

    private void hand(HttpExchange exchange) {
      Thread.ofVirtual().name(endpoint.path()).start(() -> serve(exchange));
    }

    private void serve(HttpExchange exchange) {
      try {
        if (admit(exchange)) {
          endpoint.handler().handle(exchange);
        }
      } catch (ClientGone e) {
        LOG.log(Level.DEBUG, "{0}: {1}", endpoint.path(), e.getMessage());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "a defect while serving " + endpoint.path(), e);
        failed(exchange);
      } finally {
        held.addAndGet(-counted);
        boolean unread = exchange.unread();
        if (unread) {
          exchange.discard();
        }
        if (exchange.problem().isPresent() || unread) {
          vertx.setTimer(LINGER.toMillis(), _ -> request.connection().close());
        }
      }
    }

    /// Finds out who the client is; refuses it if that cannot be told.
    private boolean admit(HttpExchange exchange) throws ClientGone {
      switch (endpoint.access()) {
        case OPEN -> {
          return true;
        }
        case CREDENTIAL -> {
          return admit(exchange, gate.admit(request.getHeader("authorization")));
        }
        case ADMIN -> {
          return admit(exchange, gate.admitAdmin(request.getHeader("authorization")));
        }
      }
      throw new AssertionError(endpoint.access());
    }

    private static boolean admit(HttpExchange exchange, Gate.Admitted admitted) throws ClientGone {
      switch (admitted) {
        case Gate.Admitted.Known(Credential credential) -> {
          exchange.identified(credential);
          return true;
        }
        case Gate.Admitted.Unknown(String why) -> exchange.refuse(unknown(why));
        case Gate.Admitted.Forbidden(String why) ->
            exchange.refuse(problem(403, why, "not_allowed"));
        case Gate.Admitted.Unavailable(String why) ->
            exchange.refuse(ApiError.unavailable(why, "identity_unavailable"));
      }
      return false;
    }

    private void failed(HttpExchange exchange) {
      try {
        if (exchange.begun()) {
          var _ = request.connection().close();
        } else {
          exchange.refuse(
              problem(500, "the gateway failed, see its log at " + exchange.requestId(), null));
        }
      } catch (ClientGone e) {
        LOG.log(Level.DEBUG, "{0}: {1}", endpoint.path(), e.getMessage());
      }
    }
  }

  private static ApiError unknown(String why) {
    return new ApiError(
        401,
        why,
        "invalid_request_error",
        null,
        "invalid_api_key",
        Map.of("www-authenticate", "Bearer"));
  }

  private static ApiError problem(int status, String message, @Nullable String code) {
    String type = status < 500 ? "invalid_request_error" : "server_error";
    return new ApiError(status, message, type, null, code, Map.of());
  }
}
