package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.BudgetEffect;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.LastDecision;
import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.DeploymentVerdict.Counterfactual;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.budget.TraceStore;
import dev.comptroller.reconcile.trace.Replay;
import dev.comptroller.reconcile.trace.TraceCodec;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What is told of a downgrade is what its decision gives again from its trace without the answer.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ExplanationIntegrationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final String namespace = cluster.namespace("told");
  private final Clock clock = RunningOperator.twoMinutesIntoAnHour();

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldTellOfADowngradeWhatItsTraceGivesAgainWithoutTheStoredAnswer()
      throws JsonProcessingException {
    cluster.pool("told", "98.32");
    cluster.node("told-a", "told");
    cluster.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: team, namespace: %s}
        spec:
          amount: "300"
          period: Hour
          heat:
          - {at: 80, of: Forecast, action: Downgrade, dwell: 1s}
        """
            .formatted(namespace));
    ModelDeploymentStatus shown;
    try (RunningOperator _ = new RunningOperator(cluster, home, RunningOperator.QUICK, clock)) {
      cluster.deployment(namespace, "chat", "told", 1);
      Pod pod = await().until(this::scheduled, Optional::isPresent).orElseThrow();
      cluster.run(pod, "127.77.4.1");
      await().until(() -> grants().stream().anyMatch(each -> each.variant().equals("large")));
      // $49.16 an hour becomes $294.96 of $300.
      cluster.pool("told", "589.92");
      shown = await().until(this::down, Optional::isPresent).orElseThrow();
    }
    LastDecision last = Objects.requireNonNull(shown.lastDecision());
    BudgetEffect effect = Objects.requireNonNull(last.budget());
    ObjectNode trace = (ObjectNode) JSON.readTree(trace(effect.decidedAt()));
    trace.set("decision", JSON.createObjectNode());

    NamespaceDecision again = replay(trace);
    DeploymentVerdict verdict = again.verdict("chat").orElseThrow();
    candidates(last, verdict);
    effect(effect, verdict);
    String why = again.grant("chat").orElseThrow().message() + "; " + verdict.why();
    assertThat(last.message()).isEqualTo(why);
    assertThat(downgraded(shown)).isEqualTo(sentence(verdict, why)).contains("until ");
    budget(again);
  }

  /// Every candidate with its figures and what spoke against it.
  private static void candidates(LastDecision last, DeploymentVerdict verdict) {
    assertThat(last.bindingConstraint())
        .isEqualTo(verdict.explanation().binding())
        .isNotEqualTo("the budget");
    assertThat(last.candidates()).hasSameSizeAs(verdict.explanation().candidates()).hasSize(2);
    for (int i = 0; i < last.candidates().size(); i++) {
      ModelDeploymentStatus.Candidate told = last.candidates().get(i);
      Candidate given = verdict.explanation().candidates().get(i);
      assertThat(told.variant()).isEqualTo(given.variant());
      assertThat(told.pool()).isEqualTo(given.pool());
      assertThat(told.replicas()).isEqualTo(given.replicas());
      assertThat(told.burnRate()).isEqualTo(given.perHour().orElseThrow().toString());
      assertThat(told.cpm()).isEqualTo(given.cpm().map(cpm -> cpm.print(4)).orElse(null));
      assertThat(told.quality()).isEqualTo(given.quality().toPlainString());
      assertThat(told.slo()).isEqualTo(verdict.slo().get(i).name());
      assertThat(told.verdict()).isEqualTo(given.verdict());
    }
    assertThat(last.candidates())
        .extracting(
            ModelDeploymentStatus.Candidate::variant,
            candidate -> Candidate.CHOSEN.equals(candidate.verdict()),
            ModelDeploymentStatus.Candidate::quality,
            ModelDeploymentStatus.Candidate::slo)
        .containsExactly(
            tuple("large", false, "90", "NotDeclared"), tuple("small", true, "60", "NotDeclared"));
  }

  /// From and to, dollars before, after and saved, and when it ends.
  private static void effect(BudgetEffect told, DeploymentVerdict verdict) {
    Counterfactual without = Objects.requireNonNull(verdict.withoutBudget());
    assertThat(told.fromVariant()).isEqualTo(without.variant()).isEqualTo("large");
    assertThat(told.fromReplicas()).isEqualTo(without.replicas());
    assertThat(told.fromQuality()).isEqualTo(without.quality().toPlainString());
    assertThat(told.burnRateWithout()).isEqualTo(without.hourly().toString()).isEqualTo("294.96");
    assertThat(told.burnRateBefore()).isEqualTo(verdict.hourlyBefore().toString());
    assertThat(told.burnRateAfter()).isEqualTo(verdict.hourly().toString()).isEqualTo("73.74");
    assertThat(told.savedPerHour()).isEqualTo(verdict.savedHourly().toString()).isEqualTo("221.22");
    assertThat(told.saved()).isEqualTo(verdict.saved().toString());
    assertThat(told.until()).isEqualTo(String.valueOf(verdict.until()));
  }

  private static String sentence(DeploymentVerdict verdict, String why) {
    HourlyRate before = Objects.requireNonNull(verdict.withoutBudget()).hourly();
    HourlyRate saved = new HourlyRate(before.microsPerHour() - verdict.hourly().microsPerHour());
    return "from large to small: $%s/h before, $%s/h after, $%s/h saved; %s"
        .formatted(before.print(2), verdict.hourly().print(2), saved.print(2), why);
  }

  /// The condition's message without where the change stands.
  private static String downgraded(ModelDeploymentStatus status) {
    String message =
        status.conditions().stream()
            .filter(condition -> condition.type().equals("Downgraded"))
            .findFirst()
            .orElseThrow()
            .message();
    return message.substring(message.indexOf("from large to small: "));
  }

  /// The budget's history and its event tell the decision that first went down, from a trace of
  /// its own.
  private void budget(NamespaceDecision last) throws JsonProcessingException {
    InferenceBudgetStatus status = team();
    assertThat(status.forecastBasis()).startsWith("Linear: ").contains("a band with it");
    InferenceBudgetStatus.Decided entry =
        status.history().stream()
            .filter(each -> each.to().equals("small x 1"))
            .findFirst()
            .orElseThrow();
    @Nullable ObjectNode given = null;
    for (String text : traces().values()) {
      ObjectNode trace = (ObjectNode) JSON.readTree(text);
      trace.set("decision", JSON.createObjectNode());
      NamespaceDecision again = replay(trace);
      DeploymentVerdict verdict = again.verdict("chat").orElse(null);
      if (verdict != null
          && entry.at().equals(again.at().truncatedTo(ChronoUnit.SECONDS).toString())
          && verdict.saved().toString().equals(entry.saved())
          && verdict.savedHourly().toString().equals(entry.savedPerHour())
          && verdict.explanation().binding().equals(entry.bindingConstraint())
          && (again.grant("chat").orElseThrow().message() + "; " + verdict.why())
              .equals(entry.why())) {
        given = trace;
      }
    }
    assertThat(given).as("a trace gives again %s; the last is of %s", entry, last.at()).isNotNull();
    assertThat(notes()).contains("chat: large x 1 -> small x 1. " + entry.why());

    // With more money there is no reason to.
    ObjectNode perturbed = Objects.requireNonNull(given);
    assertThat(replay(perturbed).verdict("chat").orElseThrow().to()).isEqualTo("small");
    ObjectNode amount = (ObjectNode) perturbed.path("policy").path("amount");
    amount.put("micros", amount.path("micros").asLong() * 100);
    assertThat(replay(perturbed).verdict("chat").orElseThrow().to()).isEqualTo("large");
  }

  private static NamespaceDecision replay(ObjectNode trace) {
    return switch (TraceCodec.read(trace.toString())) {
      case TraceCodec.Reading.Good(var read) -> Replay.of(read).decision();
      case TraceCodec.Reading.Bad(var problem) -> throw new AssertionError(problem);
    };
  }

  private String trace(String at) {
    @Nullable String text = traces().get(key(at));
    assertThat(text).as("trace of %s among %s", at, traces().keySet()).isNotNull();
    return Objects.requireNonNull(text);
  }

  private Map<String, String> traces() {
    return Optional.ofNullable(
            cluster
                .client
                .configMaps()
                .inNamespace(home)
                .withName(TraceStore.PREFIX + namespace)
                .get())
        .map(ConfigMap::getData)
        .orElse(Map.of());
  }

  private List<String> notes() {
    return cluster.client.events().v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> "InferenceBudget".equals(event.getRegarding().getKind()))
        .map(event -> event.getNote())
        .toList();
  }

  private Optional<ModelDeploymentStatus> status() {
    return Optional.ofNullable(
            cluster
                .client
                .resources(ModelDeployment.class)
                .inNamespace(namespace)
                .withName("chat")
                .get())
        .map(ModelDeployment::getStatus);
  }

  private InferenceBudgetStatus team() {
    InferenceBudget budget =
        cluster
            .client
            .resources(InferenceBudget.class)
            .inNamespace(namespace)
            .withName("team")
            .get();
    return budget.getStatus() == null ? InferenceBudgetStatus.empty() : budget.getStatus();
  }

  private List<InferenceBudgetStatus.Granted> grants() {
    return team().grants();
  }

  /// What is shown once the deployment went down and its decision has a trace; events and traces
  /// come after the status.
  private Optional<ModelDeploymentStatus> down() {
    return status()
        .filter(
            shown -> {
              LastDecision last = shown.lastDecision();
              return last != null
                  && "small".equals(last.variant())
                  && last.budget() != null
                  && traces().containsKey(key(last.budget().decidedAt()));
            });
  }

  private static String key(String at) {
    return at.replace(':', '-') + ".json";
  }

  private Optional<Pod> scheduled() {
    return cluster.pods(namespace, "chat").stream()
        .filter(pod -> pod.getSpec().getNodeName() != null)
        .findFirst();
  }
}
