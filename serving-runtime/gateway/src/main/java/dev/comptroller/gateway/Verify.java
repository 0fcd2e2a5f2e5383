package dev.comptroller.gateway;

import dev.comptroller.gateway.ledger.LedgerCorrupt;
import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import dev.comptroller.gateway.ledger.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `verify`: walks a ledger's chain and adds everything up again.
@Command(
    name = "gateway verify",
    description = {
      "Walks the ledger's hash chain from the first entry, checks every hold, limit and usage line,",
      "and compares the rebuilt sums with the stored ones. May run beside a gateway. Exit status: 0",
      "all of it fits, 1 the first bad entry is named, 2 the ledger cannot be read."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Verify implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init")
  private Place place;

  /// The ledger to verify.
  static final class Place {
    @Option(
        names = "--data",
        paramLabel = "DIR",
        required = true,
        description = "Folder with ledger.db.")
    private @Nullable Path data;

    @Option(
        names = "--ledger-url",
        paramLabel = "URL",
        required = true,
        description = "PostgreSQL; credentials as for the gateway.")
    private @Nullable String url;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Path data = place.data;
    try {
      Database database =
          data != null
              ? new Database.Embedded(data)
              : LedgerPlace.postgres(String.valueOf(place.url), System.getenv());
      out.println(Verification.of(database));
      return 0;
    } catch (LedgerCorrupt e) {
      err.println("gateway verify: " + e.getMessage());
      return 1;
    } catch (SQLException | IllegalArgumentException e) {
      err.println("gateway verify: the ledger cannot be read: " + e.getMessage());
      return 2;
    }
  }
}
