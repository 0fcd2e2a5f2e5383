package dev.comptroller.gateway.http;

import dev.comptroller.gateway.http.Endpoint.Listener;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.wake.WakeLine;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;

/// The two listening ports of a gateway.
public final class HttpServers implements AutoCloseable {
  private static final int MOST_HEADERS = 32 * 1024;
  private static final int LONGEST_LINE = 8 * 1024;

  /// Where to listen and what to take.
  ///
  /// @param port for the OpenAI API; 0 picks a free one
  /// @param adminPort for health, metrics and usage; 0 picks a free one
  /// @param mostBody the largest body, in bytes
  /// @param bodyWithin how long a body may take to arrive
  /// @param writeWithin how long a client may take to read a piece of an answer
  /// @param idle how long a connection may have no request
  public record Settings(
      String bind,
      int port,
      int adminPort,
      int mostBody,
      Duration bodyWithin,
      Duration writeWithin,
      Duration idle) {
    /// The settings of a gateway in service.
    public static Settings standard(String bind, int port, int adminPort) {
      return new Settings(
          bind,
          port,
          adminPort,
          10 * 1024 * 1024,
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(75));
    }
  }

  /// What the servers work with.
  public record Parts(
      Gate gate,
      LiveTable table,
      Relay relay,
      BatchQueue queue,
      WakeLine line,
      ChargeLedger ledger,
      GatewayMetrics metrics,
      Clock clock,
      LongSupplier nanos) {}

  private final Vertx vertx;
  private final Drain drain;
  private final HttpServer api;
  private final HttpServer admin;

  private HttpServers(Vertx vertx, Drain drain, HttpServer api, HttpServer admin) {
    this.vertx = vertx;
    this.drain = drain;
    this.api = api;
    this.admin = admin;
  }

  /// Listens on both ports.
  public static HttpServers start(Settings settings, Parts parts)
      throws IOException, InterruptedException {
    Drain drain = new Drain();
    List<Endpoint> endpoints = endpoints(parts, drain);
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(Math.max(2, Runtime.getRuntime().availableProcessors()))
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    try {
      HttpServer api = listen(vertx, settings, parts.gate(), endpoints, Listener.PUBLIC);
      HttpServer admin = listen(vertx, settings, parts.gate(), endpoints, Listener.ADMIN);
      return new HttpServers(vertx, drain, api, admin);
    } catch (IOException | InterruptedException | RuntimeException e) {
      var _ = vertx.close();
      throw e;
    }
  }

  /// The port of the OpenAI API.
  public int port() {
    return api.actualPort();
  }

  /// The port of health, metrics and usage.
  public int adminPort() {
    return admin.actualPort();
  }

  /// Turns not ready and lets running requests finish; false if some still ran after that long.
  public boolean drain(Duration limit) throws InterruptedException {
    drain.begin();
    return drain.awaitIdle(limit);
  }

  @Override
  public void close() {
    drain.begin();
    try {
      var _ = vertx.close().toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("closing the ports", e.getCause());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  static List<Endpoint> endpoints(Parts parts, Drain drain) {
    Booking.Books books =
        new Booking.Books(parts.ledger(), parts.metrics(), parts.clock(), parts.nanos());
    return RouteTable.of(
        new Completions(
            new Completions.Tools(
                parts.table(),
                parts.relay(),
                drain,
                books,
                parts.queue().deferral(),
                parts.line())),
        new Models(parts.table(), parts.clock()),
        new Admin(parts.table(), drain, books),
        new QueueEndpoints(parts.queue(), drain));
  }

  private static HttpServer listen(
      Vertx vertx, Settings settings, Gate gate, List<Endpoint> endpoints, Listener listener)
      throws IOException, InterruptedException {
    int port =
        switch (listener) {
          case PUBLIC -> settings.port();
          case ADMIN -> settings.adminPort();
        };
    HttpFront front =
        new HttpFront(
            vertx,
            endpoints.stream().filter(endpoint -> endpoint.listener() == listener).toList(),
            new HttpFront.Limits(
                settings.mostBody(),
                Math.max(4L * settings.mostBody(), Runtime.getRuntime().maxMemory() / 4),
                settings.bodyWithin(),
                settings.writeWithin()),
            gate);
    IdleConnections idle = new IdleConnections(vertx, settings.idle());
    HttpServer server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setTcpNoDelay(true)
                    .setHttp2ClearTextEnabled(false)
                    .setHandle100ContinueAutomatically(true)
                    .setMaxInitialLineLength(LONGEST_LINE)
                    .setMaxHeaderSize(MOST_HEADERS))
            .connectionHandler(idle::opened)
            .requestHandler(
                request -> {
                  idle.busy(request);
                  front.accept(request);
                });
    try {
      return server.listen(port, settings.bind()).toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw new IOException(
          "cannot listen on %s:%d: %s"
              .formatted(settings.bind(), port, String.valueOf(e.getCause())),
          e.getCause());
    }
  }
}
