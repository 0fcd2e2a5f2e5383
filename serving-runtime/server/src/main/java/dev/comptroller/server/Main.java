package dev.comptroller.server;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.engine.Engine;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.EngineInfo;
import dev.comptroller.engine.GpuMeter;
import dev.comptroller.engine.Pause;
import dev.comptroller.engine.SimulatedEngine;
import dev.comptroller.engine.SimulatedOptions;
import dev.comptroller.engine.llama.LlamaEngine;
import dev.comptroller.engine.llama.LlamaOptions;
import dev.comptroller.engine.vllm.VllmEngine;
import dev.comptroller.engine.vllm.VllmOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// Serves one model from the command line until it is told to end, or with `--prestage` only reads
/// its file (see [Prestage]).
///
/// SIGTERM and SIGINT: not ready at once, running answers finish, then exit 0. Wrong options exit
/// with 2, a model or an engine that cannot be used with 1.
@Command(
    name = "server-runner",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Serves one model through an OpenAI-compatible API.")
public final class Main implements Callable<Integer> {
  /// How long it still refuses when all is answered: gateways that have not heard yet learn it from
  /// an answer, not from a connection that breaks.
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private static final Duration DRAIN_PATIENCE = Duration.ofMinutes(30);

  /// Engines to choose from.
  enum EngineKind {
    llama,
    vllm,
    simulated
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "the GGUF file to serve; with vllm the folder, as vLLM has it")
  private @Nullable Path model;

  @Option(
      names = "--model-digest",
      paramLabel = "sha256:HEX",
      converter = DigestConverter.class,
      description = "what the file's digest must be; verified before it is loaded")
  private @Nullable ModelDigest digest;

  @Option(
      names = "--served-model-name",
      required = true,
      paramLabel = "NAME",
      description = "what clients call the model; may be repeated, the first is canonical")
  private List<String> names = List.of();

  @Option(names = "--variant", required = true, paramLabel = "NAME", description = "the rung")
  private String variant = "";

  @Option(
      names = "--context-length",
      paramLabel = "N",
      defaultValue = "0",
      description = "the most tokens of a sequence; 0 for what the model was trained on")
  private int contextLength;

  @Option(
      names = "--max-sequences",
      paramLabel = "N",
      defaultValue = "16",
      description = "sequences computed at once (default: ${DEFAULT-VALUE})")
  private int maxSequences;

  @Option(
      names = "--max-batched-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "tokens computed in a step (default: ${DEFAULT-VALUE})")
  private int maxBatchedTokens;

  @Option(
      names = "--max-queued",
      paramLabel = "N",
      defaultValue = "64",
      description = "requests that may wait (default: ${DEFAULT-VALUE})")
  private int maxQueued;

  @Option(
      names = "--max-queue-millis",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "the longest that an interactive request is expected to wait; one that would wait longer is"
              + " refused at once; 0: --max-queued alone bounds the queue (default:"
              + " ${DEFAULT-VALUE})")
  private int maxQueueMillis;

  @Option(
      names = "--batch-step-millis",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "how long a step with batch work should take at most: what interactive requests may find"
              + " in their way; more suits replicas of batch work (default: ${DEFAULT-VALUE})")
  private int batchStepMillis;

  @Option(
      names = "--bind",
      paramLabel = "ADDR",
      defaultValue = "${env:POD_IP:-127.0.0.1}",
      description = "address to listen on (default: POD_IP, else 127.0.0.1)")
  private String bind = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8000",
      description = "port to listen on, 0 for any (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--engine",
      defaultValue = "llama",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private EngineKind engine = EngineKind.llama;

  @Option(
      names = "--upstream",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8001",
      description = "where vLLM listens, with --engine vllm (default: ${DEFAULT-VALUE})")
  private URI upstream = URI.create("http://127.0.0.1:8001");

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "CPU threads of a step; 0 for the engine's own choice")
  private int threads;

  @Option(
      names = "--gpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "GPUs of this replica, whose time is metered (default: ${DEFAULT-VALUE})")
  private int gpus;

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      description = "where GPU time and usage are kept, for the next process of the pod to read")
  private @Nullable Path journalFile;

  @Option(
      names = "--journal-millis",
      paramLabel = "N",
      defaultValue = "1000",
      description = "how often the journal is written and synced (default: ${DEFAULT-VALUE})")
  private int journalMillis;

  @Mixin private SimulatedFlags simulated = new SimulatedFlags();

  private final AtomicReference<@Nullable Journal> journal = new AtomicReference<>();
  private final AtomicReference<@Nullable RuntimeServer> running = new AtomicReference<>();

  /// Runs until the process is told to end.
  public static void main(String[] args) {
    System.setProperty("io.netty.noUnsafe", "true");
    boolean prestages = List.of(args).contains(Prestage.FLAG);
    int exit = new CommandLine(prestages ? new Prestage() : new Main()).execute(args);
    if (exit != 0) {
      System.err.flush();
      Runtime.getRuntime().halt(exit);
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    BatchLimits limits = check();
    Thread hook = Thread.ofPlatform().name("drain").unstarted(this::end);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      if (digest != null && model != null) {
        digest.verify(model);
      }
      var settings =
          new RuntimeServer.Settings(
              bind,
              port,
              List.copyOf(new LinkedHashSet<>(names)),
              variant,
              RuntimeServer.Settings.DEFAULT_MAX_BODY_BYTES);
      var sources =
          new RuntimeServer.Sources(
              Clock.systemUTC(), System::nanoTime, () -> ThreadLocalRandom.current().nextLong());
      GpuMeter meter = meter();
      RuntimeServer server = RuntimeServer.listen(settings, sources, meter);
      running.set(server);
      say("listening on http://%s:%d, loading %s".formatted(bind, server.port(), names.getFirst()));
      long started = System.nanoTime();
      meter.load();
      EngineInfo opened = open(server, limits);
      say(
          "serving %s (%s, %s) after %d ms: %d sequences, %d tokens a step, context %d"
              .formatted(
                  String.join(", ", names),
                  opened.modelDescription(),
                  opened.engine(),
                  (System.nanoTime() - started) / 1_000_000,
                  limits.maxSequences(),
                  limits.maxBatchedTokens(),
                  opened.contextLength()));
      return 0;
    } catch (IOException | EngineException | IllegalArgumentException e) {
      say(String.valueOf(e.getMessage()));
      return 1;
    }
  }

  private BatchLimits check() {
    checkModel();
    for (String name : names) {
      if (name.isBlank() || name.length() > 256) {
        throw wrong("--served-model-name", "must have 1 to 256 characters, is '" + name + "'");
      }
    }
    within("--context-length", contextLength == 1 ? -1 : contextLength, 0, 1 << 24);
    within("--max-sequences", maxSequences, 1, 256);
    within("--max-batched-tokens", maxBatchedTokens, maxSequences, 1 << 20);
    within("--max-queued", maxQueued, 0, 1 << 20);
    within("--max-queue-millis", maxQueueMillis, 0, 86_400_000);
    within("--port", port, 0, 65535);
    within("--threads", threads, 0, 1024);
    within("--gpus", gpus, 1, 1024);
    within("--journal-millis", journalMillis, 10, 3_600_000);
    checkSimulated();
    within("--batch-step-millis", batchStepMillis, 1, 60_000);
    return new BatchLimits(
        maxSequences,
        maxBatchedTokens,
        maxQueued,
        maxQueueMillis * 1_000_000L,
        batchStepMillis * 1_000_000L);
  }

  private void checkModel() {
    switch (engine) {
      case llama -> {
        if (model == null) {
          throw wrong("--model", "is missing: name a GGUF file, or choose --engine simulated");
        }
        if (!Files.isRegularFile(model) || !Files.isReadable(model)) {
          throw wrong("--model", model + " is no file that can be read");
        }
      }
      case vllm -> {
        if (model == null || !Files.isDirectory(model)) {
          throw wrong("--model", model + " is no folder; name the one that vLLM serves");
        }
        if (digest != null) {
          throw wrong("--model-digest", "is of one file, and vLLM serves a folder; leave it out");
        }
        if (!"http".equals(upstream.getScheme()) || upstream.getHost() == null) {
          throw wrong("--upstream", "must be like http://127.0.0.1:8001, is " + upstream);
        }
      }
      case simulated -> {}
    }
  }

  private void checkSimulated() {
    if (engine == EngineKind.simulated) {
      try {
        simulated.options(contextLength, maxSequences, maxBatchedTokens);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
      }
    }
  }

  /* The first process of a pod counts from its own start, a later one goes on from the journal. */
  private GpuMeter meter() throws IOException {
    long nanos = System.nanoTime();
    Instant now = Instant.now();
    long nowNs = Math.addExact(now.getEpochSecond() * 1_000_000_000L, now.getNano());
    long startNs =
        Math.min(nowNs, ManagementFactory.getRuntimeMXBean().getStartTime() * 1_000_000L);
    long offset = nowNs - nanos;
    var json = new Json(RuntimeServer.Settings.DEFAULT_MAX_BODY_BYTES);
    Journal.Content before =
        journalFile == null
            ? Journal.Content.first(gpus, startNs)
            : Journal.recover(journalFile, gpus, startNs, json);
    var meter =
        new GpuMeter(
            gpus,
            System::nanoTime,
            before.atNs() - offset,
            before.byState(),
            before.attributedNs());
    if (journalFile != null) {
      Duration interval = Duration.ofMillis(journalMillis);
      journal.set(Journal.start(journalFile, interval, before, meter, offset, json));
    }
    return meter;
  }

  /// Opens the engine and serves with it.
  private EngineInfo open(RuntimeServer server, BatchLimits limits) {
    return switch (engine) {
      case simulated -> {
        SimulatedOptions options = simulated.options(contextLength, maxSequences, maxBatchedTokens);
        Pause.real().nanos(simulated.loadNanos());
        yield serve(server, new SimulatedEngine(options, Pause.real()), limits);
      }
      case llama -> {
        LlamaOptions options =
            LlamaOptions.of(natives(System.getenv()), model(), maxSequences, maxBatchedTokens)
                .withContextLength(contextLength);
        yield serve(
            server,
            LlamaEngine.open(threads == 0 ? options : options.withThreads(threads)),
            limits);
      }
      case vllm -> {
        VllmEngine opened =
            VllmEngine.open(new VllmOptions(upstream, model(), maxSequences, maxBatchedTokens));
        server.serve(opened, limits);
        yield opened.info();
      }
    };
  }

  private static EngineInfo serve(RuntimeServer server, Engine opened, BatchLimits limits) {
    server.serve(opened, limits);
    return opened.info();
  }

  private Path model() {
    if (model == null) {
      throw new IllegalStateException("no model");
    }
    return model;
  }

  /// The folder of the natives: named, else the cache's.
  static Path natives(Map<String, String> environment) {
    String named = environment.getOrDefault("COMPTROLLER_NATIVES", "");
    if (!named.isEmpty()) {
      return Path.of(named);
    }
    String cache = environment.getOrDefault("COMPTROLLER_CACHE", "");
    if (cache.isEmpty()) {
      String home = environment.getOrDefault("XDG_CACHE_HOME", "");
      Path base =
          home.isEmpty() ? Path.of(environment.getOrDefault("HOME", ""), ".cache") : Path.of(home);
      cache = base.resolve("comptroller").toString();
    }
    return Path.of(cache, "natives", "node-llama-cpp-linux-x64-3.22.1");
  }

  /* The JVM ends with 143 after a signal; only halting gives another status. */
  private void end() {
    int exit = 0;
    RuntimeServer server = running.get();
    if (server != null) {
      say("draining");
      try {
        if (!server.drain(DRAIN_PATIENCE)) {
          say("gave up draining after %d min".formatted(DRAIN_PATIENCE.toMinutes()));
          exit = 1;
        }
        Thread.sleep(LAST_WORDS);
      } catch (InterruptedException _) {
        exit = 1;
      }
      server.close();
      say("drained");
    }
    Journal kept = journal.get();
    if (kept != null) {
      kept.close();
    }
    Runtime.getRuntime().halt(exit);
  }

  private void within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw wrong(option, "must be from %d to %d, is %d".formatted(least, most, value));
    }
  }

  private ParameterException wrong(String option, String message) {
    return new ParameterException(spec.commandLine(), option + " " + message);
  }

  private static void say(String message) {
    System.err.println("runtime: " + message);
  }

  /// Reads `--model-digest`.
  static final class DigestConverter implements ITypeConverter<ModelDigest> {
    @Override
    public ModelDigest convert(String value) {
      try {
        return ModelDigest.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
