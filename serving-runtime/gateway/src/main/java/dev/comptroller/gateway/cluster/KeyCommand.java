package dev.comptroller.gateway.cluster;

import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./comptroller key`: makes, rotates, revokes and lists API keys.
///
/// A key is shown once, when it is made; what is kept is its hash.
@Command(
    name = "./comptroller key",
    description = "API keys of the gateway.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KeyCommand.Create.class,
      KeyCommand.Rotate.class,
      KeyCommand.Revoke.class,
      KeyCommand.Listing.class
    })
public final class KeyCommand {
  private static final Pattern SPAN = Pattern.compile("([0-9]{1,6})([smhd])");

  private KeyCommand() {}

  /// Entry point; exits with 1 when something failed and 2 on wrong options.
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new KeyCommand())
            .setExecutionExceptionHandler(
                (failure, line, _) -> {
                  line.getErr().println("comptroller: " + failure.getMessage());
                  return 1;
                })
            .execute(arguments));
  }

  /// The options that every command has.
  static final class Place {
    @Option(
        names = "--kubeconfig",
        paramLabel = "FILE",
        description = "Cluster of the installation. Default: $KUBECONFIG or ~/.kube/config.")
    private @Nullable Path kubeconfig;

    @Option(
        names = "--installation",
        paramLabel = "NAMESPACE",
        defaultValue = "comptroller-system",
        description = "Namespace of the installation. Default: comptroller-system.")
    private String installation = "comptroller-system";

    /// The keys of the installation; closing them closes the connection.
    KeySecrets open() throws IOException {
      if (kubeconfig != null && !Files.isReadable(kubeconfig)) {
        throw new IOException("--kubeconfig: cannot read " + kubeconfig.toAbsolutePath());
      }
      Config config =
          kubeconfig == null
              ? Config.autoConfigure(null)
              : Config.fromKubeconfig(Files.readString(kubeconfig));
      KubernetesClient client =
          new KubernetesClientBuilder().withConfig(new ConfigBuilder(config).build()).build();
      return new KeySecrets(client, installation, new SecureRandom());
    }
  }

  /// What every command does: open, act, tell.
  abstract static class Action implements Callable<Integer> {
    @Mixin private Place place = new Place();
    @Spec private CommandSpec spec = CommandSpec.create();

    abstract void act(KeySecrets keys, PrintWriter out) throws CredentialEntry.Bad;

    @Override
    public Integer call() throws IOException {
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      try (KeySecrets keys = place.open()) {
        act(keys, out);
        out.flush();
        return 0;
      } catch (CredentialEntry.Bad e) {
        err.println("comptroller: " + e.getMessage());
      } catch (KubernetesClientException e) {
        err.println("comptroller: the cluster refused: " + e.getMessage());
      }
      return 1;
    }

    static void show(PrintWriter out, String name, ApiKey key) {
      out.println(key.text());
      out.printf(
          "# key %s of credential %s; it is not shown again. Send it as 'Authorization: Bearer ...'%n",
          key.id(), name);
    }
  }

  @Command(name = "create", description = "Makes a key.", mixinStandardHelpOptions = true)
  static final class Create extends Action {
    @Option(
        names = "--namespace",
        required = true,
        paramLabel = "NS",
        description = "Namespace that pays.")
    private String namespace = "";

    @Option(
        names = "--feature",
        split = ",",
        paramLabel = "F[,F2]",
        description = "Features that it may name; the first is meant when it names none.")
    private List<String> features = List.of("default");

    @Option(
        names = "--classes",
        paramLabel = "C[,C2]",
        defaultValue = "interactive,flex,batch",
        description = "Some of interactive, flex, batch. Default: all.")
    private String classes = "";

    @Option(
        names = "--name",
        paramLabel = "N",
        description = "Name of the credential. Default: NS-F.")
    private @Nullable String name;

    @Override
    void act(KeySecrets keys, PrintWriter out) throws CredentialEntry.Bad {
      String chosen = name == null ? namespace + "-" + features.getFirst() : name;
      show(out, chosen, keys.create(chosen, namespace, String.join(",", features), classes));
    }
  }

  @Command(
      name = "rotate",
      description = "Makes a new key beside the old ones, which end after the overlap.",
      mixinStandardHelpOptions = true)
  static final class Rotate extends Action {
    @Option(names = "--name", required = true, paramLabel = "N", description = "The credential.")
    private String name = "";

    @Option(
        names = "--overlap",
        paramLabel = "24h",
        defaultValue = "24h",
        converter = SpanConverter.class,
        description = "How long old keys still work: a number with s, m, h or d. Default: 24h.")
    private Duration overlap = Duration.ofHours(24);

    @Override
    void act(KeySecrets keys, PrintWriter out) throws CredentialEntry.Bad {
      Instant end = Clock.systemUTC().instant().plus(overlap);
      show(out, name, keys.rotate(name, end));
      out.printf("# older keys of it end at %s%n", end);
    }
  }

  @Command(
      name = "revoke",
      description = "Ends a credential, or one key of it, at once.",
      mixinStandardHelpOptions = true)
  static final class Revoke extends Action {
    @Option(names = "--name", required = true, paramLabel = "N", description = "The credential.")
    private String name = "";

    @Option(names = "--key", paramLabel = "ID", description = "Only the key of this id.")
    private @Nullable String key;

    @Override
    void act(KeySecrets keys, PrintWriter out) throws CredentialEntry.Bad {
      out.printf("revoked %d keys of credential %s%n", keys.revoke(name, key), name);
    }
  }

  @Command(name = "list", description = "Lists credentials.", mixinStandardHelpOptions = true)
  static final class Listing extends Action {
    @Override
    void act(KeySecrets keys, PrintWriter out) {
      out.printf(
          "%-24s %-20s %-24s %-24s %s%n", "NAME", "NAMESPACE", "FEATURES", "CLASSES", "KEYS");
      keys.list().forEach(row -> out.println(row));
    }
  }

  /// Reads spans such as `24h`.
  static final class SpanConverter implements CommandLine.ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher span = SPAN.matcher(text);
      if (!span.matches()) {
        try {
          return Duration.parse(text);
        } catch (DateTimeParseException _) {
          throw new CommandLine.TypeConversionException(
              "must be a number with s, m, h or d, such as 24h, is " + text);
        }
      }
      long many = Long.parseLong(span.group(1));
      return switch (span.group(2)) {
        case "s" -> Duration.ofSeconds(many);
        case "m" -> Duration.ofMinutes(many);
        case "h" -> Duration.ofHours(many);
        default -> Duration.ofDays(many);
      };
    }
  }
}
