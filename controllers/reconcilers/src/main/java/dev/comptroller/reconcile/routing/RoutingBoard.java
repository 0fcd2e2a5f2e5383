package dev.comptroller.reconcile.routing;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.RoutingTable;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.pool.PoolParser;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.work.Work;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Writes the routing table into its ConfigMap whenever the fleet changed in a way that it shows.
///
/// The table is rendered whole from the caches, so it needs no history except the versions of
/// posted prices, which it reads back from what it wrote last. An edit by somebody else is undone.
public final class RoutingBoard implements AutoCloseable {
  private static final Duration TOGETHER = Duration.ofMillis(50);
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
      Clock clock,
      String home) {
    this(client, view, pools, treasury, clock, home, Work.Pace.THREADS);
  }

  /// A board that writes into namespace `home` and whose work goes at `pace`.
  public RoutingBoard(
      KubernetesClient client,
      FleetView view,
      Pools pools,
      Treasury treasury,
      Clock clock,
      String home,
      Work.Pace pace) {
    this.work = new Work<>("routing-table", _ -> render(), pace);
    this.client = client;
    this.view = view;
    this.pools = pools;
    this.treasury = treasury;
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
  }

  private void soon() {
    work.addAfter(Names.ROUTING_CONFIG_MAP, TOGETHER);
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
    RoutingTable table = table(before.flatMap(RoutingCodec::read));
    asleep =
        table.routes().stream()
            .filter(route -> route.wake() != null && !serves(route))
            .map(route -> route.namespace() + "/" + route.deployment())
            .collect(Collectors.toUnmodifiableSet());
    String text = RoutingCodec.write(table);
    if (before.filter(text::equals).isPresent()) {
      return;
    }
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

  private RoutingTable table(Optional<RoutingTable> before) {
    Map<String, Route> routes = new HashMap<>();
    before.ifPresent(
        table -> table.routes().forEach(r -> routes.put(r.namespace() + "/" + r.deployment(), r)));
    Map<String, PoolParser.Declared> declared = pools.declared();
    Instant now = clock.instant();
    List<Account> accounts = accounts(before, now);
    List<Route> next = new ArrayList<>();
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
              now));
    }
    return new RoutingTable(RoutingTable.SCHEMA, next, accounts);
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
