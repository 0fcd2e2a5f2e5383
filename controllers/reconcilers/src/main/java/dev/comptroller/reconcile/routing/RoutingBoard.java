package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.RoutingTable;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.pool.PoolParser;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.posting.PostedPrices;
import dev.comptroller.reconcile.posting.PostedStore;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.work.Work;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the routing table into its ConfigMap whenever the fleet changed in a way that it shows.
///
/// The table is rendered whole from the caches, so it needs no history except that of posted prices
/// ([PostedPrices]), which is saved before a new one of them is written. An edit by somebody else
/// is undone.
public final class RoutingBoard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RoutingBoard.class);
  private static final Duration TOGETHER = Duration.ofMillis(50);

  /// The key of work for prices that may move, or that are to be saved, with time.
  private static final String PRICES = "posted-prices";

  private static final Duration RETRY = Duration.ofSeconds(30);

  /// Prices are not looked after sooner than this, whatever the clock does.
  private static final Duration LEAST = Duration.ofSeconds(1);

  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/managed-by",
          Names.MANAGER,
          "app.kubernetes.io/part-of",
          "comptroller",
          "app.kubernetes.io/component",
          "routing-table");

  private final KubernetesClient client;
  private final FleetView view;
  private final Pools pools;
  private final Treasury treasury;
  private final PostedPrices prices;
  private final PostedStore store;
  private final Clock clock;
  private final String home;
  private final Work<String> work;
  private final SharedIndexInformer<ConfigMap> written;
  private volatile Set<String> asleep = Set.of();

  /// A board that writes into namespace `home`.
  public RoutingBoard(
      KubernetesClient client,
      FleetView view,
      Pools pools,
      Treasury treasury,
      PostedPrices prices,
      Clock clock,
      String home) {
    this(client, view, pools, treasury, prices, clock, home, Work.Pace.THREADS);
  }

  /// A board that writes into namespace `home` and whose work goes at `pace`.
  public RoutingBoard(
      KubernetesClient client,
      FleetView view,
      Pools pools,
      Treasury treasury,
      PostedPrices prices,
      Clock clock,
      String home,
      Work.Pace pace) {
    this.work = new Work<>("routing-table", _ -> render(), pace);
    this.client = client;
    this.view = view;
    this.pools = pools;
    this.treasury = treasury;
    this.prices = prices;
    this.store = new PostedStore(prices, client, home, clock);
    this.clock = clock;
    this.home = home;
    this.written =
        client
            .configMaps()
            .inNamespace(home)
            .withName(Names.ROUTING_CONFIG_MAP)
            .runnableInformer(0);
  }

  /// Renders the table now and after every change. Only the leader may call this.
  public void start() {
    prices.onUse(this::later);
    view.onDeployment(_ -> soon());
    view.onPool(_ -> soon());
    view.onBudget(_ -> soon());
    view.onPod(
        pod -> {
          if (PodFacts.isReplica(pod)) {
            soon();
          }
        });
    written.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(ConfigMap added) {
            soon();
          }

          @Override
          public void onUpdate(ConfigMap before, ConfigMap after) {
            soon();
          }

          @Override
          public void onDelete(ConfigMap deleted, boolean unknown) {
            soon();
          }
        });
    var unused = written.start();
    soon();
    work.start();
  }

  @Override
  public void close() {
    written.stop();
    work.close();
    store.close();
  }

  private void soon() {
    work.addAfter(Names.ROUTING_CONFIG_MAP, TOGETHER);
  }

  /// Looks after prices when one of them may move, or sooner to save what it will move by.
  private void later(Instant due) {
    Duration until = Duration.between(clock.instant(), due).plusSeconds(1);
    Duration delay = until.compareTo(PostedStore.QUANTUM) < 0 ? until : PostedStore.QUANTUM;
    work.addAfter(PRICES, delay.compareTo(LEAST) < 0 ? LEAST : delay);
  }

  /// Deployments, as `namespace/name`, that have no ready replica and that requests may wait for,
  /// as last rendered.
  public Set<String> asleep() {
    return asleep;
  }

  private void render() {
    ConfigMap map = client.configMaps().inNamespace(home).withName(Names.ROUTING_CONFIG_MAP).get();
    Optional<String> before =
        Optional.ofNullable(map).map(ConfigMap::getData).map(data -> data.get(Names.ROUTING_KEY));
    RoutingTable table = priced(before.flatMap(RoutingCodec::read));
    asleep =
        table.routes().stream()
            .filter(route -> route.wake() != null && !serves(route))
            .map(route -> route.namespace() + "/" + route.deployment())
            .collect(Collectors.toUnmodifiableSet());
    String text = RoutingCodec.write(table);
    if (before.filter(text::equals).isEmpty()) {
      write(text);
    }
  }

  private void write(String text) {
    ConfigMap next =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(Names.ROUTING_CONFIG_MAP)
            .withNamespace(home)
            .withLabels(LABELS)
            .endMetadata()
            .addToData(Names.ROUTING_KEY, text)
            .build();
    client
        .resource(next)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Names.MANAGER)
                .withForce(true)
                .build());
  }

  private static boolean serves(Route route) {
    return route.legs().stream().anyMatch(leg -> leg.weight() > 0 && !leg.replicas().isEmpty());
  }

  /// The table of now. Prices whose versions cannot be saved are not in it: those before them are.
  private RoutingTable priced(Optional<RoutingTable> before) {
    store.load();
    RoutingTable table = table(before, Set.of());
    Instant now = clock.instant();
    try {
      store.save();
    } catch (KubernetesClientException e) {
      LOG.warn("posted prices cannot be saved, again in {}: {}", RETRY, e.toString());
      work.addAfter(PRICES, RETRY);
    }
    Set<String> unsaved = prices.urgent();
    if (store.isUnsaved()) {
      later(now.plus(PostedStore.QUANTUM));
    }
    prices.next(now).ifPresent(this::later);
    return unsaved.isEmpty() ? table : table(before, unsaved);
  }

  private RoutingTable table(Optional<RoutingTable> before, Set<String> unsaved) {
    Map<String, Route> routes = new HashMap<>();
    before.ifPresent(
        table -> table.routes().forEach(r -> routes.put(r.namespace() + "/" + r.deployment(), r)));
    Map<String, PoolParser.Declared> declared = pools.declared();
    Instant now = clock.instant();
    List<Account> accounts = accounts(before, now);
    List<Route> next = new ArrayList<>();
    Set<TokenLedger.Key> posted = new HashSet<>();
    for (ModelDeployment deployment : view.deployments()) {
      String namespace = deployment.getMetadata().getNamespace();
      String name = deployment.getMetadata().getName();
      next.add(
          Routes.of(
              deployment,
              view.replicas(namespace, name),
              declared,
              accounts.stream().filter(one -> one.namespace().equals(namespace)).findFirst(),
              routes.get(namespace + "/" + name),
              (owner, variant, perReplica, said, last) -> {
                TokenLedger.Key key = new TokenLedger.Key(namespace, name, variant.name());
                posted.add(key);
                return unsaved.contains(namespace) && last != null
                    ? Optional.of(last)
                    : prices.post(
                        key,
                        new PostedPrices.Basis(
                            owner.getMetadata().getUid(), variant, perReplica, said),
                        last,
                        now);
              },
              now));
    }
    prices.retain(key -> posted.contains(key) || mayExist(key));
    return new RoutingTable(RoutingTable.SCHEMA, next, accounts);
  }

  /// Whether there is such a variant, or may be: of a spec that cannot be read nobody knows.
  private boolean mayExist(TokenLedger.Key key) {
    return view.deployment(key.namespace(), key.deployment())
        .filter(
            found ->
                !(DeploymentParser.parse(found)
                        instanceof Parsed.Valid<DeploymentParser.Declared>(var declared))
                    || declared.rungs().containsKey(key.variant()))
        .isPresent();
  }

  /// One account for each namespace whose budget in force has been decided on.
  private List<Account> accounts(Optional<RoutingTable> before, Instant now) {
    Map<String, Account> known = new HashMap<>();
    before.ifPresent(table -> table.accounts().forEach(one -> known.put(one.namespace(), one)));
    TreeSet<String> namespaces = new TreeSet<>();
    view.budgets().forEach(budget -> namespaces.add(budget.getMetadata().getNamespace()));
    List<Account> accounts = new ArrayList<>();
    for (String namespace : namespaces) {
      treasury
          .inForce(namespace)
          .flatMap(
              budget ->
                  treasury
                      .declared(budget)
                      .flatMap(
                          declared -> Accounts.of(budget, declared, known.get(namespace), now)))
          .ifPresent(accounts::add);
    }
    return accounts;
  }
}
