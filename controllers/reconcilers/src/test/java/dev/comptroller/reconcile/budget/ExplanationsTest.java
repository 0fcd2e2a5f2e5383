package dev.comptroller.reconcile.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Explained;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Granted;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Weighed;
import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.reconcile.deployment.Directives.Told;
import dev.comptroller.reconcile.trace.HotNamespace;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What the grants of a budget tell of its decisions.
class ExplanationsTest {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private static final NamespaceDecision DECISION =
      MoneyLoop.decide(HotNamespace.seen(LoopState.EMPTY), HotNamespace.policy(), HotNamespace.NOW);

  private static Granted granted() {
    return Explanations.grants(List.of(), DECISION).getFirst();
  }

  private static Explained explained() {
    return Objects.requireNonNull(granted().explanation());
  }

  @Test
  void shouldReadBackFromAStatusWhatWasDecidedAndWhen() {
    Granted stored = YAML.unmarshal(YAML.asJson(granted()), Granted.class);
    Told told = Explanations.told(stored).orElseThrow();
    DeploymentVerdict decided = DECISION.verdict("chat").orElseThrow();
    DeploymentVerdict verdict = told.verdict();

    assertThat(told.at()).isEqualTo(DECISION.at());
    assertThat(verdict.why()).isEqualTo(decided.why());
    assertThat(verdict.slo()).isEqualTo(decided.slo());
    assertThat(verdict).usingRecursiveComparison().ignoringFields("explanation").isEqualTo(decided);
    assertThat(verdict.explanation().binding()).isEqualTo(decided.explanation().binding());
    assertThat(verdict.explanation().candidates())
        .usingRecursiveComparison()
        .ignoringFields("speed")
        .isEqualTo(decided.explanation().candidates());
    assertThat(verdict.explanation().candidates())
        .filteredOn(candidate -> !candidate.verdict().equals(Candidate.CHOSEN))
        .isNotEmpty();
  }

  @Test
  void shouldTellADecisionUntilOneGrantsSomethingElseOrEndsAtAnotherTime() {
    Granted first = granted();
    Instant until = Instant.parse(Objects.requireNonNull(explained().until()));
    NamespaceDecision later =
        MoneyLoop.decide(
            HotNamespace.seen(DECISION.state()),
            HotNamespace.policy(),
            HotNamespace.NOW.plusSeconds(2));
    List<Granted> kept = Explanations.grants(List.of(first), later);
    assertThat(kept.getFirst().explanation()).isEqualTo(first.explanation());
    assertThat(kept.getFirst().message()).isEqualTo(first.message());
    assertThat(Explanations.areNew(List.of(first), kept)).isFalse();

    Granted other = with(first, "Suspended", explained());
    assertThat(at(Explanations.grants(List.of(other), later))).isEqualTo(later.at().toString());
    Granted sooner = with(first, first.reason(), until(until.minusSeconds(7_200)));
    List<Granted> anew = Explanations.grants(List.of(sooner), later);
    assertThat(at(anew)).isEqualTo(later.at().toString());
    assertThat(Explanations.areNew(List.of(sooner), anew)).isTrue();
    Granted never = with(first, first.reason(), until(null));
    assertThat(at(Explanations.grants(List.of(never), later))).isEqualTo(later.at().toString());
  }

  @Test
  void shouldLeaveOutCandidatesThatWouldFillTheStatusButNotWhatBound() {
    Weighed wordy = new Weighed("v", "p", "1", 1, null, null, "Met", "x".repeat(Explanations.MOST));
    Explained e = explained();
    Granted full =
        with(
            granted(),
            granted().reason(),
            new Explained(
                e.at(),
                e.from(),
                e.depth(),
                e.bindingConstraint(),
                e.burnRateBefore(),
                e.savedPerHour(),
                e.saved(),
                e.until(),
                e.withoutBudget(),
                Collections.nCopies(2, wordy)));
    Explained bounded =
        Objects.requireNonNull(
            Explanations.grants(List.of(full), DECISION).getFirst().explanation());
    assertThat(bounded.candidates()).isEmpty();
    assertThat(bounded.bindingConstraint()).isEqualTo(e.bindingConstraint());
    assertThat(Explanations.told(with(full, full.reason(), bounded))).isPresent();
  }

  private static String at(List<Granted> grants) {
    return Objects.requireNonNull(grants.getFirst().explanation()).at();
  }

  private static Explained until(@Nullable Instant until) {
    Explained e = explained();
    return new Explained(
        e.at(),
        e.from(),
        e.depth(),
        e.bindingConstraint(),
        e.burnRateBefore(),
        e.savedPerHour(),
        e.saved(),
        until == null ? null : until.toString(),
        e.withoutBudget(),
        e.candidates());
  }

  private static Granted with(Granted granted, String reason, Explained explanation) {
    return new Granted(
        granted.deployment(),
        granted.variant(),
        granted.replicas(),
        granted.surge(),
        granted.burnRate(),
        granted.changed(),
        granted.lowered(),
        granted.climbAfterSeconds(),
        reason,
        granted.message(),
        explanation);
  }
}
