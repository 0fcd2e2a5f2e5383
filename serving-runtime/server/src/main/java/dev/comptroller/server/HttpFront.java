package dev.comptroller.server;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Listens, reads whole requests within bounds, and hands each to a virtual thread.
///
/// | what | bound |
/// |---|---|
/// | request line, headers | 8 KiB, 16 KiB |
/// | body | `maxBodyBytes`, and `bodyPatience` until all of it is there |
/// | a connection on which nothing moves | 10 minutes |
final class HttpFront implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(HttpFront.class.getName());
  private static final int IDLE_SECONDS = 600;
  private static final int MAX_ID = 128;

  /// How long a refused client may go on sending before it is cut off.
  private static final Duration LINGER = Duration.ofSeconds(1);

  /// Answers requests; runs on a virtual thread of its own for each.
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange) throws InterruptedException;
  }

  /// Where to listen and what to put up with.
  ///
  /// @param port 0 for any free one
  /// @param bodyPatience how long a body may take to arrive
  /// @param clientPatience how long a client may take nothing of its answer
  record Settings(
      String bind, int port, int maxBodyBytes, Duration bodyPatience, Duration clientPatience) {}

  private final Settings settings;
  private final Handler handler;
  private final Json json;
  private final LongSupplier nanoClock;
  private final Vertx vertx;
  private final HttpServer server;
  private final ExecutorService threads;
  private final AtomicInteger inFlight = new AtomicInteger();

  private HttpFront(Settings settings, Handler handler, Json json, LongSupplier nanoClock) {
    this.settings = settings;
    this.handler = handler;
    this.json = json;
    this.nanoClock = nanoClock;
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory());
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(2)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    this.server =
        vertx.createHttpServer(
            new HttpServerOptions()
                .setHost(settings.bind())
                .setPort(settings.port())
                .setTcpNoDelay(true)
                .setReuseAddress(true)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setMaxInitialLineLength(8 * 1024)
                .setMaxHeaderSize(16 * 1024)
                .setHttp2ClearTextEnabled(false)
                .setHandle100ContinueAutomatically(true));
  }

  /// Starts to listen.
  static HttpFront open(Settings settings, Handler handler, Json json, LongSupplier nanoClock)
      throws IOException, InterruptedException {
    var front = new HttpFront(settings, handler, json, nanoClock);
    front.server.requestHandler(front::accept);
    front.server.invalidRequestHandler(front::refuseInvalid);
    front.server.exceptionHandler(failure -> LOG.log(Level.FINE, "connection", failure));
    try {
      await(front.server.listen());
    } catch (IOException e) {
      front.close();
      throw new IOException(
          "cannot listen on %s:%d: %s".formatted(settings.bind(), settings.port(), e.getMessage()),
          e);
    }
    return front;
  }

  /// The port that it listens on.
  int port() {
    return server.actualPort();
  }

  /// Requests that have no whole answer yet.
  int inFlight() {
    return inFlight.get();
  }

  /// Stops to listen and breaks connections off.
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      await(vertx.close());
    } catch (IOException | InterruptedException e) {
      LOG.log(Level.WARNING, "closing the HTTP server", e);
    }
  }

  private void accept(HttpServerRequest request) {
    String id = id(request);
    if (declaredLength(request) > settings.maxBodyBytes()) {
      refuse(request, id, tooLarge());
      return;
    }
    Buffer body = Buffer.buffer();
    long timer =
        vertx.setTimer(
            settings.bodyPatience().toMillis(),
            _ ->
                refuse(
                    request,
                    id,
                    ApiError.refused(
                        408,
                        "request_timeout",
                        "The body did not arrive within %d s; %d bytes did"
                            .formatted(settings.bodyPatience().toSeconds(), body.length()))));
    request.exceptionHandler(_ -> vertx.cancelTimer(timer));
    request.handler(
        part -> {
          if (body.length() + part.length() > settings.maxBodyBytes()) {
            vertx.cancelTimer(timer);
            refuse(request, id, tooLarge());
          } else {
            body.appendBuffer(part);
          }
        });
    request.endHandler(
        _ -> {
          vertx.cancelTimer(timer);
          if (!request.response().ended()) {
            dispatch(request, body.getBytes(), id);
          }
        });
  }

  private void dispatch(HttpServerRequest request, byte[] body, String id) {
    var exchange = new Exchange(request, body, id, nanoClock, settings.clientPatience());
    inFlight.incrementAndGet();
    Future<?> _ = threads.submit(() -> run(exchange, id));
  }

  private void run(Exchange exchange, String id) {
    try {
      handler.handle(exchange);
    } catch (InterruptedException _) {
      exchange.abort();
    } catch (RuntimeException | Error failure) {
      LOG.log(Level.SEVERE, "request " + id, failure);
      fail(exchange);
    } finally {
      inFlight.decrementAndGet();
    }
  }

  private void fail(Exchange exchange) {
    try {
      if (exchange.isStarted()) {
        exchange.abort();
      } else {
        ApiError error = ApiError.failed("An error of this server; its log has the cause");
        exchange.answer(error.status(), "application/json", json.write(error.body()));
      }
    } catch (InterruptedException | IllegalStateException _) {
      exchange.abort();
    }
  }

  private void refuseInvalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    String message = cause == null ? "unknown" : String.valueOf(cause.getMessage());
    int status =
        switch (cause == null ? "" : cause.getClass().getSimpleName()) {
          case "TooLongHttpLineException" -> 414;
          case "TooLongHttpHeaderException" -> 431;
          default -> 400;
        };
    refuse(
        request,
        newId(),
        ApiError.refused(status, "bad_request", "This is no valid HTTP request: " + message));
  }

  private ApiError tooLarge() {
    return ApiError.refused(
        413, "request_too_large", "The body is over %d bytes".formatted(settings.maxBodyBytes()));
  }

  /* On the event loop, before there is an exchange. */
  private void refuse(HttpServerRequest request, String id, ApiError error) {
    if (request.response().ended() || request.response().closed()) {
      return;
    }
    request
        .response()
        .setStatusCode(error.status())
        .putHeader("content-type", "application/json")
        .putHeader("connection", "close")
        .putHeader("x-request-id", id)
        .end(Buffer.buffer(json.write(error.body())))
        .onComplete(_ -> closeGently(request));
  }

  /* A close while the client still sends resets the connection, and the reset can overtake the
   * answer: what still comes is read and dropped, for a moment. */
  private void closeGently(HttpServerRequest request) {
    HttpConnection connection = request.connection();
    if (request.isEnded()) {
      connection.close();
      return;
    }
    long timer = vertx.setTimer(LINGER.toMillis(), _ -> connection.close());
    connection.closeHandler(_ -> vertx.cancelTimer(timer));
    request.handler(_ -> {});
    request.endHandler(_ -> connection.close());
  }

  private static long declaredLength(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    return length != null && length.matches("[0-9]{1,18}") ? Long.parseLong(length) : 0;
  }

  private static String id(HttpServerRequest request) {
    String given = request.getHeader("x-request-id");
    boolean usable =
        given != null && given.length() <= MAX_ID && given.matches("[A-Za-z0-9._:/=+-]+");
    return usable ? given : newId();
  }

  private static String newId() {
    return "req_" + UUID.randomUUID().toString().replace("-", "");
  }

  private static void await(io.vertx.core.Future<?> future)
      throws IOException, InterruptedException {
    try {
      future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(cause.getMessage()), cause);
    } catch (TimeoutException e) {
      throw new IOException("no answer within 30 s", e);
    }
  }
}
