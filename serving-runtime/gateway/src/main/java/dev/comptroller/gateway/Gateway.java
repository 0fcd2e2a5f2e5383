package dev.comptroller.gateway;

import dev.comptroller.gateway.http.Accounts;
import dev.comptroller.gateway.http.HttpServers;
import dev.comptroller.gateway.identity.CredentialSource;
import dev.comptroller.gateway.identity.Gate;
import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.ChargeLedger;
import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.metrics.AccountGauges;
import dev.comptroller.gateway.metrics.GatewayMetrics;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.relay.Relay;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.table.TableFile;
import dev.comptroller.gateway.table.TableSource;
import dev.comptroller.gateway.wake.WakeLine;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// One gateway, from its parts.
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());

  private static final List<Standing> NONE = List.of();

  /// How long ended requests may take to be booked and to tell their clients.
  private static final Duration LAST_WORDS = Duration.ofSeconds(3);

  private final ChargeLedger ledger;
  private final TableSource source;
  private final Optional<CredentialSource> credentials;
  private final Relay relay;
  private final BatchQueue queue;
  private final WakeLine line;
  private final HttpServers servers;

  private Gateway(
      ChargeLedger ledger,
      TableSource source,
      Optional<CredentialSource> credentials,
      Relay relay,
      BatchQueue queue,
      WakeLine line,
      HttpServers servers) {
    this.ledger = ledger;
    this.source = source;
    this.credentials = credentials;
    this.relay = relay;
    this.queue = queue;
    this.line = line;
    this.servers = servers;
  }

  /// Everything that is chosen when a gateway is started.
  ///
  /// @param data the folder of the last good routing table and of the queue
  /// @param ledger where charges are kept
  /// @param queue of the discounted queue
  /// @param access who is let in
  /// @param source makes the source of routing tables for the table in force
  public record Settings(
      HttpServers.Settings http,
      Path data,
      LedgerSettings ledger,
      Relay.Patience patience,
      BatchQueue.Settings queue,
      Function<LiveTable, TableSource> source,
      Access access) {}

  /// Who is let in.
  ///
  /// @param credentials keeps the gate's keys up to date; empty where it has none
  public record Access(Gate gate, Optional<CredentialSource> credentials) {
    /// Everybody is let in: for trials on one machine.
    public static Access open() {
      return new Access(Gate.open(), Optional.empty());
    }
  }

  /// The patience of a gateway in service.
  public static Relay.Patience standardPatience() {
    return new Relay.Patience(
        Duration.ofSeconds(2),
        Duration.ofMinutes(15),
        Duration.ofMinutes(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10));
  }

  /// Starts a gateway; it serves when this returns.
  public static Gateway start(Settings settings, Clock clock)
      throws IOException, SQLException, InterruptedException {
    Files.createDirectories(settings.data());
    GatewayMetrics metrics = new GatewayMetrics();
    ChargeLedger ledger = ChargeLedger.open(settings.ledger());
    try {
      LiveTable table =
          new LiveTable(
              new TableFile(settings.data().resolve("routing-table.json")), metrics, clock);
      table.restore();
      sample(metrics, ledger, table, clock);
      new AccountGauges(() -> accounts(ledger, table)).register(metrics.registry());
      Relay relay = new Relay(settings.patience(), metrics, System::nanoTime);
      WakeLine line = new WakeLine(table, relay.loads(), System::nanoTime);
      TableSource source = settings.source().apply(table);
      Accounts accounts = new Accounts(table, clock);
      BatchQueue queue =
          BatchQueue.start(
              new BatchQueue.Parts(
                  settings.data(),
                  table,
                  relay,
                  ledger,
                  line,
                  accounts::of,
                  metrics,
                  settings.queue(),
                  clock,
                  System::nanoTime));
      HttpServers servers = serve(settings, queue, line, table, relay, ledger, metrics, clock);
      source.start();
      settings.access().credentials().ifPresent(CredentialSource::start);
      return new Gateway(
          ledger, source, settings.access().credentials(), relay, queue, line, servers);
    } catch (IOException | SQLException | InterruptedException | RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  private static HttpServers serve(
      Settings settings,
      BatchQueue queue,
      WakeLine line,
      LiveTable table,
      Relay relay,
      ChargeLedger ledger,
      GatewayMetrics metrics,
      Clock clock)
      throws IOException, InterruptedException {
    try {
      return HttpServers.start(
          settings.http(),
          new HttpServers.Parts(
              settings.access().gate(),
              table,
              relay,
              queue,
              line,
              ledger,
              metrics,
              clock,
              System::nanoTime));
    } catch (IOException | InterruptedException | RuntimeException e) {
      queue.close();
      throw e;
    }
  }

  /// The port of the OpenAI API.
  public int port() {
    return servers.port();
  }

  /// The port of health, metrics and usage.
  public int adminPort() {
    return servers.adminPort();
  }

  /// Lets running requests finish, for at most that long, then closes.
  public void stop(Duration limit) throws InterruptedException {
    line.close();
    queue.halt();
    if (!servers.drain(limit)) {
      LOG.log(Level.WARNING, "some requests still run after {0} s: ending them", limit.toSeconds());
    }
    close();
  }

  @Override
  public void close() {
    source.close();
    line.close();
    queue.halt();
    credentials.ifPresent(CredentialSource::close);
    relay.abandon();
    try {
      if (!servers.drain(LAST_WORDS)) {
        LOG.log(Level.ERROR, "some requests did not end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    servers.close();
    queue.close();
    relay.close();
    ledger.close();
  }

  /// Where the accounts of the budgets in force stand: each in its present period.
  private static List<AccountGauges.Row> accounts(ChargeLedger ledger, LiveTable table) {
    Map<String, Instant> periods = new HashMap<>();
    table
        .current()
        .ifPresent(
            now ->
                now.router()
                    .accounts()
                    .forEach(one -> periods.put(one.namespace(), one.periodStart())));
    Optional<Instant> first = periods.values().stream().min(Comparator.naturalOrder());
    List<AccountGauges.Row> rows = new ArrayList<>();
    try {
      for (Standing standing : first.isPresent() ? ledger.standings(first.get()) : NONE) {
        Account account = standing.account();
        if (account.periodStart().equals(periods.get(account.namespace()))) {
          row(standing).ifPresent(rows::add);
        }
      }
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "the ledger's accounts cannot be exported: {0}", e.getMessage());
    }
    return rows;
  }

  private static Optional<AccountGauges.Row> row(Standing standing) {
    return switch (standing.account()) {
      case Account.Feature(String namespace, String feature, Instant start) ->
          Optional.of(row("feature", namespace, feature, start, standing));
      case Account.Abroad(String namespace, Instant start) ->
          Optional.of(row("abroad", namespace, "", start, standing));
      case Account.Grant _, Account.TrueUp _ -> Optional.empty();
    };
  }

  private static AccountGauges.Row row(
      String kind, String namespace, String name, Instant period, Standing standing) {
    return new AccountGauges.Row(
        kind, namespace, name, period, standing.spentMicros(), standing.heldMicros());
  }

  private static void sample(
      GatewayMetrics metrics, ChargeLedger ledger, LiveTable table, Clock clock) {
    metrics.sampled(
        "routing_table_age_seconds",
        "Time since the table in force was accepted.",
        () ->
            table
                .current()
                .map(now -> Duration.between(now.since(), clock.instant()).toMillis() / 1e3)
                .orElse(Double.NaN));
    metrics.sampled(
        "routing_table_confirmed",
        "1 if the table in force came from its source, 0 if from this gateway's disk.",
        () -> table.current().filter(LiveTable.InForce::confirmed).isPresent() ? 1 : 0);
    metrics.sampled("ledger_lines", "Usage lines made durable.", ledger::lines);
    metrics.sampled("ledger_commits", "Commits of the ledger.", ledger::commits);
    metrics.sampled("ledger_waiting", "Operations that wait for the disk.", ledger::waiting);
    metrics.sampled("ledger_open_holds", "Holds that have not ended.", ledger::openHolds);
    metrics.sampled(
        "ledger_healthy", "1 if the last commit succeeded.", () -> ledger.healthy() ? 1 : 0);
  }
}
