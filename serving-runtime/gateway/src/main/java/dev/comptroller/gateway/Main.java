package dev.comptroller.gateway;

import dev.comptroller.gateway.cluster.ApiServerReviews;
import dev.comptroller.gateway.cluster.CredentialSecrets;
import dev.comptroller.gateway.http.HttpServers;
import dev.comptroller.gateway.identity.CredentialSource;
import dev.comptroller.gateway.identity.CredentialsFile;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.gateway.identity.ReviewedTokens;
import dev.comptroller.gateway.identity.TokenReviews;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.table.ConfigMapSource;
import dev.comptroller.gateway.table.FileSource;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command line of the gateway.
@Command(
    name = "gateway",
    description = {
      "One stable OpenAI address for every model deployment of an installation.",
      "`verify --help` tells how to check its ledger."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Main implements Callable<Integer> {
  /// Kept here because loggers that nobody holds forget their level. A broken watch is reported
  /// once, in a line of ours, instead of with a stack for every try.
  private static final Logger INFORMERS =
      Logger.getLogger("io.fabric8.kubernetes.client.informers");

  private static final Duration DRAIN = Duration.ofSeconds(25);
  private static final Duration POLL = Duration.ofMillis(500);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = "--bind",
      paramLabel = "ADDR",
      description = "Address to listen on. Default: $POD_IP, else 127.0.0.1.")
  private @Nullable String bind;

  @Option(names = "--port", defaultValue = "8080", description = "OpenAI API. Default: 8080.")
  private int port;

  @Option(
      names = "--admin-port",
      defaultValue = "9090",
      description = "Health, metrics, usage and the queue. Default: 9090.")
  private int adminPort;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the usage ledger and of the last good routing table.")
  @SuppressWarnings("NullAway.Init")
  private Path data;

  @Option(
      names = "--ledger-url",
      paramLabel = "URL",
      description = {
        "PostgreSQL that keeps the ledger of several gateways, jdbc:postgresql://HOST/DATABASE; user",
        "and password from $COMPTROLLER_LEDGER_USER and $COMPTROLLER_LEDGER_PASSWORD. Default: SQLite",
        "in --data."
      })
  private @Nullable String ledgerUrl;

  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init")
  private Routing routing;

  @Option(
      names = "--auth",
      paramLabel = "required|none",
      defaultValue = "required",
      converter = AuthConverter.class,
      description =
          "Whether clients must show an API key or a service-account token. Default: required."
              + " none is for trials: whoever comes is booked on the namespace that is called.")
  private Auth auth = Auth.REQUIRED;

  @Option(
      names = "--credentials-file",
      paramLabel = "FILE",
      description =
          "Credentials as a file. Default: the labelled Secrets in the namespace of"
              + " --routing-config-map.")
  private @Nullable Path credentials;

  @Option(
      names = "--admin-account",
      paramLabel = "NAMESPACE/NAME",
      split = ",",
      description =
          "Service accounts that may read /usage and /queue of the admin port with a token for the"
              + " audience comptroller. Default: none. With --auth none everybody may.")
  private List<String> adminAccounts = List.of();

  /// Whether clients must show who they are.
  enum Auth {
    /// They must.
    REQUIRED,
    /// They need not.
    NONE
  }

  /// Reads the words of `--auth`.
  static final class AuthConverter implements CommandLine.ITypeConverter<Auth> {
    @Override
    public Auth convert(String word) {
      return switch (word) {
        case "required" -> Auth.REQUIRED;
        case "none" -> Auth.NONE;
        default ->
            throw new CommandLine.TypeConversionException("must be required or none, is " + word);
      };
    }
  }

  /// Where the routing table comes from.
  static final class Routing {
    @Option(
        names = "--routing-file",
        paramLabel = "FILE",
        required = true,
        description = "Routing table as a file; changes are taken up as they happen.")
    private @Nullable Path file;

    @Option(
        names = "--routing-config-map",
        paramLabel = "NAMESPACE/NAME",
        required = true,
        description = "Routing table in a ConfigMap, key table.json.")
    private @Nullable String configMap;
  }

  /// Runs the gateway until it is told to stop.
  public static void main(String[] args) {
    if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
      System.setProperty(
          "java.util.logging.SimpleFormatter.format",
          "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s: %5$s%6$s%n");
    }
    INFORMERS.setLevel(Level.SEVERE);
    System.setProperty("io.netty.noUnsafe", "true");
    System.setProperty("vertx.disableDnsResolver", "true");
    System.setProperty("jdk.httpclient.keepalive.timeout", "4");
    System.exit(
        args.length > 0 && args[0].equals("verify")
            ? new CommandLine(new Verify()).execute(Arrays.copyOfRange(args, 1, args.length))
            : new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    String address = bind != null ? bind : System.getenv().getOrDefault("POD_IP", "127.0.0.1");
    PrintWriter err = spec.commandLine().getErr();
    Gateway gateway;
    try {
      gateway =
          Gateway.start(
              new Gateway.Settings(
                  HttpServers.Settings.standard(address, port, adminPort),
                  data,
                  LedgerSettings.of(
                      LedgerPlace.of(data, ledgerUrl, System.getenv()),
                      System.getenv().getOrDefault("HOSTNAME", "gateway")),
                  Gateway.standardPatience(),
                  BatchQueue.Settings.STANDARD,
                  this::source,
                  access()),
              Clock.systemUTC());
    } catch (IOException | SQLException | IllegalArgumentException e) {
      err.println("gateway: " + e.getMessage());
      return 1;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(gateway)));
    err.printf(
        "gateway: OpenAI API on http://%s:%d/v1, admin on http://%s:%d%n",
        address, gateway.port(), address, gateway.adminPort());
    stopped.await();
    return 0;
  }

  /// The source of a table; a watch that broke is tried again by the informer alone, so that its
  /// pauses (a second at first, half a minute at most) are not multiplied by the requests' own.
  private TableSource source(LiveTable table) {
    Path file = routing.file;
    if (file != null) {
      return new FileSource(file, table, POLL);
    }
    String[] parts = configMap();
    return new ConfigMapSource(cluster(), parts[0], parts[1], table);
  }

  private String[] configMap() {
    String[] parts = String.valueOf(routing.configMap).split("/", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--routing-config-map must be NAMESPACE/NAME, is " + routing.configMap);
    }
    return parts;
  }

  private static KubernetesClient cluster() {
    Config config =
        new ConfigBuilder(Config.autoConfigure(null)).withRequestRetryBackoffLimit(0).build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /// Who is let in: with a cluster its service accounts too.
  private Gateway.Access access() {
    return switch (auth) {
      case NONE -> Gateway.Access.open();
      case REQUIRED -> {
        LiveKeys keys = new LiveKeys();
        TokenReviews reviews = null;
        CredentialSource source;
        if (routing.configMap != null) {
          KubernetesClient client = cluster();
          reviews = new ReviewedTokens(new ApiServerReviews(client), System::nanoTime);
          source = new CredentialSecrets(client, configMap()[0], keys);
        } else if (credentials != null) {
          source = new CredentialsFile(credentials, keys, POLL);
        } else {
          throw new CommandLine.ParameterException(
              spec.commandLine(),
              "--routing-file needs --credentials-file, or --auth none for a trial");
        }
        if (routing.configMap != null && credentials != null) {
          throw new CommandLine.ParameterException(
              spec.commandLine(),
              "--credentials-file and --routing-config-map exclude each other: credentials are"
                  + " Secrets in the ConfigMap's namespace");
        }
        yield new Gateway.Access(
            Gate.required(keys, reviews, Clock.systemUTC(), admins()), Optional.of(source));
      }
    };
  }

  private Set<String> admins() {
    for (String account : adminAccounts) {
      if (!account.matches("[a-z0-9][-a-z0-9]*/[a-z0-9][-.a-z0-9]*")) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "--admin-account must be NAMESPACE/NAME, is " + account);
      }
    }
    if (!adminAccounts.isEmpty() && routing.configMap == null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--admin-account needs --routing-config-map: without a cluster nobody can tell whose"
              + " token it is");
    }
    return Set.copyOf(adminAccounts);
  }

  /// Ends an orderly stop with status 0: a signal alone would leave 143.
  private static void stop(Gateway gateway) {
    try {
      gateway.stop(DRAIN);
      Runtime.getRuntime().halt(0);
    } catch (InterruptedException | RuntimeException e) {
      System.getLogger(Main.class.getName())
          .log(System.Logger.Level.ERROR, "stopping the gateway", e);
      Runtime.getRuntime().halt(1);
    }
  }
}
