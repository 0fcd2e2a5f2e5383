package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.FeatureAction;
import dev.comptroller.api.v1alpha1.HeatAction;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.ActiveAction;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.FeatureUse;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.RoutingTable;
import dev.comptroller.reconcile.budget.TraceStore;
import dev.comptroller.reconcile.routing.RoutingCodec;
import dev.comptroller.reconcile.trace.TraceCodec;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A price that rises and falls moves capacity and traffic, and back; over a restart too.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MoneyLoopIntegrationTest {

  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");

  /// Two minutes into an hour, so that what runs is forecast for nearly all of it.
  private final Clock clock = RunningOperator.twoMinutesIntoAnHour();

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldActAsTheBudgetHeatsAndUndoItAsItCools() {
    String namespace = cluster.namespace("heat");
    cluster.pool("heated", "98.32");
    cluster.node("heated-a", "heated");
    cluster.node("heated-b", "heated");
    cluster.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: team, namespace: %s}
        spec:
          amount: "300"
          period: Hour
          heat:
          - {at: 60, of: Forecast, action: QueueBatch, dwell: 1s}
          - {at: 70, of: Forecast, action: CapOutput, parameters: {maxOutputTokens: 256}, dwell: 1s}
          - {at: 80, of: Forecast, action: Downgrade, dwell: 2s}
          features:
          - {name: search, amount: "20", priority: 200}
        """
            .formatted(namespace));
    try (RunningOperator _ = new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      cluster.deployment(namespace, "chat", "heated", 1);
      Pod pod = await().until(() -> scheduled(namespace), Optional::isPresent).orElseThrow();
      cluster.run(pod, "127.77.3.1");
      await().until(() -> grant(namespace).filter(g -> runs(g, "large")).isPresent());
      assertThat(status(namespace).activeActions()).isEmpty();
      Account cool = account(namespace).orElseThrow();
      assertThat(cool.traffic()).isEqualTo(Account.Traffic.FREE);
      assertThat(cool.fundedUntil()).isAfter(clock.instant());
      assertThat(cool.features())
          .containsExactly(new Account.Feature("search", 20_000_000L, 200, false, true));

      // $49.16 an hour becomes $294.96 of $300.
      cluster.pool("heated", "589.92");
      await().until(() -> grant(namespace).filter(g -> runs(g, "small")).isPresent());
      // Events tell of what was written; whoever stops right after the write takes them along.
      await().until(() -> events(namespace).contains("Downgraded"));
    }
    InferenceBudgetStatus hot = status(namespace);
    assertThat(hot.activeActions())
        .extracting(ActiveAction::action)
        .containsExactly(HeatAction.QUEUE_BATCH, HeatAction.CAP_OUTPUT, HeatAction.DOWNGRADE);
    assertThat(hot.features())
        .containsExactly(
            new FeatureUse(
                "search",
                "20.00",
                "0.00",
                "0.00",
                "20.00",
                FeatureAction.ADMIT,
                false,
                "NotLimited",
                "nothing limits it",
                null));
    assertThat(hot.history())
        .anySatisfy(
            entry -> {
              assertThat(entry.subject()).isEqualTo("chat");
              assertThat(entry.from()).isEqualTo("large x 1");
              assertThat(entry.to()).isEqualTo("small x 1");
              assertThat(Objects.requireNonNull(entry.savedPerHour())).isEqualTo("221.22");
            });

    try (RunningOperator _ = new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      await().until(() -> account(namespace).filter(a -> a.traffic().queueBatch()).isPresent());
      Account.Traffic traffic = account(namespace).orElseThrow().traffic();
      assertThat(traffic.maxOutputTokens()).isEqualTo(256);
      assertThat(traffic.why()).isNotEmpty();
      assertThat(status(namespace).activeActions())
          .as("a restart takes nothing back and begins no dwell anew")
          .extracting(ActiveAction::since)
          .isEqualTo(hot.activeActions().stream().map(ActiveAction::since).toList());

      cluster.pool("heated", "98.32");
      await()
          .untilAsserted(
              () -> {
                assertThat(status(namespace).activeActions()).isEmpty();
                assertThat(grant(namespace).filter(g -> runs(g, "large"))).isPresent();
                assertThat(account(namespace).orElseThrow().traffic())
                    .isEqualTo(Account.Traffic.FREE);
              });
      assertThat(status(namespace).history()).hasSizeLessThanOrEqualTo(16);
      assertThat(traces(namespace))
          .isNotEmpty()
          .allSatisfy(
              text ->
                  assertThat(TraceCodec.read(text)).isInstanceOf(TraceCodec.Reading.Good.class));
      assertThat(events(namespace)).contains("HeatReached", "Downgraded", "HeatReleased");
    }
  }

  @Test
  void shouldOnlyTellInObserveModeAndKeepTheLastValidSpecOverARestart() {
    String namespace = cluster.namespace("observe");
    budget(namespace, "team", "UTC");
    try (RunningOperator operator =
        new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      cluster.deployment(namespace, "chat", "observed", 1);
      await().until(() -> condition(namespace, "team", "Ready", "InForce"));
      await().until(() -> account(namespace).isPresent());
      assertThat(account(namespace).orElseThrow().observe()).isTrue();
      assertThat(operator.assembly.directives().of(namespace, "chat")).isEmpty();

      budget(namespace, "younger", "UTC");
      await().until(() -> condition(namespace, "younger", "Ready", "SupersededBy"));
      await().until(() -> condition(namespace, "team", "Conflict", "OlderBudgetExists"));
      assertThat(status(namespace, "younger").grants()).isEmpty();

      budget(namespace, "team", "Nowhere/Land");
      await().until(() -> condition(namespace, "team", "Ready", "InvalidSpec"));
    }
    cluster.client.configMaps().inNamespace(home).withName(Names.ROUTING_CONFIG_MAP).delete();
    try (RunningOperator _ = new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      await().until(() -> account(namespace).isPresent());
      assertThat(account(namespace).orElseThrow().budget()).isEqualTo("team");
    }
  }

  @Test
  void shouldDecideAgainWhenTheBudgetChangedMeanwhile() {
    String namespace = cluster.namespace("stale");
    AtomicBoolean once = new AtomicBoolean();
    List<String> seen = new CopyOnWriteArrayList<>();
    try (RunningOperator operator =
            new RunningOperator(cluster, home, RunningOperator.QUICK, clock);
        Watch _ =
            cluster
                .client
                .resources(InferenceBudget.class)
                .inNamespace(namespace)
                .watch(new Statuses(seen))) {
      operator.beforeWrite =
          write -> {
            if (write.endsWith("/" + namespace + "/inferencebudgets/team/status")
                && once.compareAndSet(false, true)) {
              cluster.budget(namespace, "7777");
            }
          };
      cluster.budget(namespace, "1111");
      await().until(() -> seen.stream().anyMatch(text -> text.contains("7777")));
    }
    assertThat(once).isTrue();
    assertThat(seen).noneMatch(text -> text.contains("1111"));
  }

  @Test
  void shouldAllotMoneyForWhatOthersChargeAsSoonAsTheyLetItsNamespaceIn() {
    String guest = cluster.namespace("guest");
    String host = cluster.namespace("host");
    cluster.pool("hosted", "8.00");
    cluster.budget(guest, "256");
    try (RunningOperator _ = new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      cluster.deployment(host, "shared", "hosted", 0);
      await().until(() -> allotted(guest) == 0);
      cluster
          .client
          .resources(ModelDeployment.class)
          .inNamespace(host)
          .withName("shared")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              """
              {"spec":{"grants":[{"namespace":"%s"}]}}"""
                  .formatted(guest));
      await().until(() -> allotted(guest) > 0);
    }
    InferenceBudgetStatus status = status(guest);
    // A micro-dollar counts as gone, because spend is rounded: 1/256 of the rest.
    assertThat(Objects.requireNonNull(status.allotment()).limit()).isEqualTo("0.999999");
    assertThat(Objects.requireNonNull(status.period()).start())
        .isEqualTo(status.allotment().period());
  }

  /// Micro-dollars that others may charge; less than zero if nothing is said of that.
  private long allotted(String namespace) {
    return account(namespace).map(Account::abroadMicros).orElse(-1L);
  }

  /// Collects what statuses say a budget declares, version by version.
  private record Statuses(List<String> seen) implements Watcher<InferenceBudget> {
    @Override
    public void eventReceived(Action action, InferenceBudget budget) {
      if (budget.getStatus() != null) {
        seen.add(String.valueOf(budget.getStatus().lastValidSpec()));
      }
    }

    @Override
    public void onClose(WatcherException cause) {}
  }

  private void budget(String namespace, String name, String zone) {
    cluster.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: %s, namespace: %s}
        spec: {amount: "1000", period: Hour, timeZone: %s, mode: Observe}
        """
            .formatted(name, namespace, zone));
  }

  private boolean condition(String namespace, String budget, String type, String reason) {
    return status(namespace, budget).conditions().stream()
        .anyMatch(c -> c.type().equals(type) && c.reason().equals(reason));
  }

  private static boolean runs(Granted grant, String variant) {
    return grant.variant().equals(variant) && grant.replicas() == 1;
  }

  private List<String> traces(String namespace) {
    return List.copyOf(
        cluster
            .client
            .configMaps()
            .inNamespace(home)
            .withName(TraceStore.PREFIX + namespace)
            .get()
            .getData()
            .values());
  }

  private List<String> events(String namespace) {
    return cluster.client.events().v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> "InferenceBudget".equals(event.getRegarding().getKind()))
        .map(event -> event.getReason())
        .toList();
  }

  private Optional<Pod> scheduled(String namespace) {
    return cluster.pods(namespace, "chat").stream()
        .filter(pod -> pod.getSpec().getNodeName() != null)
        .findFirst();
  }

  private InferenceBudgetStatus status(String namespace) {
    return status(namespace, "team");
  }

  private InferenceBudgetStatus status(String namespace, String name) {
    InferenceBudget budget =
        cluster.client.resources(InferenceBudget.class).inNamespace(namespace).withName(name).get();
    return budget.getStatus() == null ? InferenceBudgetStatus.empty() : budget.getStatus();
  }

  private Optional<Granted> grant(String namespace) {
    return status(namespace).grants().stream()
        .filter(grant -> grant.deployment().equals("chat"))
        .findFirst();
  }

  private Optional<Account> account(String namespace) {
    return Optional.ofNullable(
            cluster.client.configMaps().inNamespace(home).withName(Names.ROUTING_CONFIG_MAP).get())
        .map(ConfigMap::getData)
        .map(data -> data.get(Names.ROUTING_KEY))
        .flatMap(RoutingCodec::read)
        .map(RoutingTable::accounts)
        .stream()
        .flatMap(List::stream)
        .filter(account -> account.namespace().equals(namespace))
        .findFirst();
  }
}
