package dev.comptroller.server;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.BatchingEngine;
import dev.comptroller.engine.Engine;
import dev.comptroller.engine.EngineLoop;
import dev.comptroller.engine.ForwardLoop;
import dev.comptroller.engine.GpuMeter;
import dev.comptroller.engine.ServingLoop;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// A server for one model: it listens at once, serves when it has an engine, and drains at the end.
public final class RuntimeServer implements AutoCloseable {
  private static final Duration BODY_PATIENCE = Duration.ofSeconds(30);
  private static final Duration CLIENT_PATIENCE = Duration.ofSeconds(60);

  /// What a server is told about itself.
  ///
  /// @param port 0 for any free one
  /// @param names what the model is called, the canonical name first
  /// @param variant the rung that it is
  /// @param maxBodyBytes the longest request body
  public record Settings(
      String bind, int port, List<String> names, String variant, int maxBodyBytes) {
    /// The longest request body when nothing else is said.
    public static final int DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;

    public Settings {
      if (names.isEmpty()) {
        throw new IllegalArgumentException("names: a model needs at least one name");
      }
      names = List.copyOf(names);
    }
  }

  /// The clocks and the chance that a server uses.
  ///
  /// @param wall the time of day
  /// @param nanos monotonic nanoseconds
  /// @param seeds seeds for requests that bring none
  public record Sources(Clock wall, LongSupplier nanos, LongSupplier seeds) {}

  private final Settings settings;
  private final Sources sources;
  private final ServerMetrics metrics;
  private final Api api;
  private final HttpFront front;
  private final GpuMeter meter;

  private RuntimeServer(
      Settings settings,
      Sources sources,
      ServerMetrics metrics,
      Api api,
      HttpFront front,
      GpuMeter meter) {
    this.settings = settings;
    this.sources = sources;
    this.metrics = metrics;
    this.api = api;
    this.front = front;
    this.meter = meter;
  }

  /// Listens, and answers that the model is being loaded.
  public static RuntimeServer listen(Settings settings, Sources sources)
      throws IOException, InterruptedException {
    return listen(settings, sources, GpuMeter.starting(sources.nanos()));
  }

  /// Listens, and answers that the model is being loaded.
  ///
  /// @param meter what the GPUs do, on the clock of the sources
  public static RuntimeServer listen(Settings settings, Sources sources, GpuMeter meter)
      throws IOException, InterruptedException {
    var json = new Json(settings.maxBodyBytes());
    var metrics = new ServerMetrics(settings.names().getFirst(), meter);
    var api =
        new Api(json, metrics, sources.wall(), new Phase.Loading(settings.names().getFirst()));
    var front =
        HttpFront.open(
            new HttpFront.Settings(
                settings.bind(),
                settings.port(),
                settings.maxBodyBytes(),
                BODY_PATIENCE,
                CLIENT_PATIENCE),
            api,
            json,
            sources.nanos());
    return new RuntimeServer(settings, sources, metrics, api, front, meter);
  }

  /// Serves with an engine, which it owns from now on.
  public void serve(Engine engine, BatchLimits limits) {
    serve(EngineLoop.start(engine, limits, metrics, sources.nanos(), meter));
  }

  /// Serves with an engine that batches by itself, which it owns from now on.
  public void serve(BatchingEngine engine, BatchLimits limits) {
    serve(ForwardLoop.start(engine, limits, metrics, sources.nanos(), meter));
  }

  private void serve(ServingLoop loop) {
    api.enter(
        new Phase.Serving(
            new Replica(
                settings.names(),
                settings.variant(),
                sources.wall().instant().getEpochSecond(),
                loop,
                sources.seeds())));
  }

  /// The port that it listens on.
  public int port() {
    return front.port();
  }

  /// Is not ready any more, takes nothing new, and waits until what runs has been answered.
  ///
  /// @return whether that came in time
  public boolean drain(Duration patience) throws InterruptedException {
    if (!(api.phase() instanceof Phase.Serving(Replica replica))) {
      meter.drain();
      return true;
    }
    long deadline = sources.nanos().getAsLong() + patience.toNanos();
    api.enter(new Phase.Draining(replica));
    replica.loop().drain();
    boolean drained = replica.loop().awaitDrained(patience);
    while (front.inFlight() > 0 && sources.nanos().getAsLong() < deadline) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return drained && front.inFlight() == 0;
  }

  /// Ends at once: what runs is given up, and the engine is closed.
  @Override
  public void close() {
    switch (api.phase()) {
      case Phase.Loading _ -> {}
      case Phase.Serving(Replica replica) -> replica.loop().close();
      case Phase.Draining(Replica replica) -> replica.loop().close();
    }
    front.close();
  }
}
