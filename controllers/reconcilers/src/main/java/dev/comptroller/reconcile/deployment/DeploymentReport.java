package dev.comptroller.reconcile.deployment;

import static java.util.Comparator.naturalOrder;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.BudgetEffect;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Candidate;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.CpmWindow;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.HistoryEntry;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.LastDecision;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.VariantStatus;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.condition.DeploymentConditions;
import dev.comptroller.decide.condition.DeploymentView;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.cpm.WindowTokens;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.DeploymentVerdict.Counterfactual;
import dev.comptroller.decide.loop.VariantSeen.Slo;
import dev.comptroller.decide.rollout.Step;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.Treasury.Account;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.Directives.Told;
import dev.comptroller.reconcile.signals.TokenLedger.Figures;
import dev.comptroller.reconcile.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The status of a ModelDeployment from what was seen, decided and done. Pure.
final class DeploymentReport {
  /// Decimals of CPM in the status.
  static final int CPM_DECIMALS = 4;

  private static final int HISTORY = 10;

  /// The longest sentence that a status holds.
  private static final int SENTENCE = 1024;

  private DeploymentReport() {}

  /// The next status.
  static ModelDeploymentStatus of(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Wanted wanted,
      @Nullable Step step,
      Outcome outcome,
      Instant now) {
    ModelDeploymentStatus previous = previous(deployment);
    Decision decision = wanted.decision();
    long generation = deployment.getMetadata().getGeneration();
    Optional<Cpm> cpm = cpm(seen);
    long tokens = seen.figures().values().stream().mapToLong(f -> total(f).count()).sum();
    List<Finding> findings = findings(declared, seen, wanted, step, outcome, cpm, tokens);
    String active = outcome.active();
    @Nullable Integer desired =
        decision instanceof Decision.Serve serve
            ? Integer.valueOf(serve.replicas())
            : previous.desiredReplicas();
    LastDecision last = lastDecision(previous, wanted, now);
    ModelDeploymentStatus next =
        new ModelDeploymentStatus(
            generation,
            Conditions.next(previous.conditions(), findings, generation, now),
            active,
            active == null ? null : count(seen, active, false),
            desired,
            active == null ? null : count(seen, active, true),
            active == null ? null : selector(deployment, active),
            seen.burn().values().stream().reduce(HourlyRate.ZERO, HourlyRate::plus).toString(),
            cpm.map(known -> known.print(CPM_DECIMALS)).orElse(null),
            cpm.flatMap(Cpm::tokensPerDollar).map(t -> Long.toString(t.count())).orElse(null),
            cpm.isEmpty() ? null : window(seen),
            variants(declared, seen, decision),
            last,
            history(previous, declared, seen, wanted, last, now),
            previous.transition(),
            previous.legs(),
            previous.rollout(),
            Autoscaled.of(wanted.scale(), seen));
    return step == null || wanted.goal() == null
        ? next
        : RolloutCodec.write(next, step, wanted.goal().variant());
  }

  /// The status when the spec cannot be carried out: everything stays, `Ready` says why.
  static ModelDeploymentStatus invalid(ModelDeployment deployment, Finding finding, Instant now) {
    ModelDeploymentStatus p = previous(deployment);
    long generation = deployment.getMetadata().getGeneration();
    return new ModelDeploymentStatus(
        generation,
        Conditions.with(p.conditions(), finding, generation, now),
        p.activeVariant(),
        p.replicas(),
        p.desiredReplicas(),
        p.readyReplicas(),
        p.selector(),
        p.burnRate(),
        p.cpm(),
        p.tokensPerDollar(),
        p.cpmWindow(),
        p.variants(),
        p.lastDecision(),
        p.history(),
        p.transition(),
        p.legs(),
        p.rollout(),
        p.autoscaling());
  }

  /// The status that `deployment` shows, or an empty one.
  static ModelDeploymentStatus previous(ModelDeployment deployment) {
    ModelDeploymentStatus status = deployment.getStatus();
    return status != null
        ? status
        : new ModelDeploymentStatus(
            null, List.of(), null, null, null, null, null, null, null, null, null, List.of(), null,
            List.of(), null, List.of(), null, null);
  }

  private static List<Finding> findings(
      Declared declared,
      Seen seen,
      Wanted wanted,
      @Nullable Step step,
      Outcome outcome,
      Optional<Cpm> cpm,
      long tokens) {
    Decision decision = Standing.shown(declared, wanted, step);
    Account account = seen.account();
    List<Finding> findings =
        new ArrayList<>(
            DeploymentConditions.judge(
                new DeploymentView(
                    declared.policy(),
                    seen.observation(),
                    decision,
                    account == null ? null : account.state(),
                    account == null ? null : account.period())));
    if (outcome.problem() != null) {
      findings.replaceAll(f -> f.type().equals("Ready") ? outcome.problem() : f);
    }
    Standing.overlay(findings, wanted, step);
    findings.addAll(Goals.judge(declared, cpm, tokens, seen.latency(), wanted.scale()));
    findings.add(Standing.downgraded(declared, wanted, step));
    return findings;
  }

  /// Full CPM of all variants together over their windows.
  private static Optional<Cpm> cpm(Seen seen) {
    Money money = Money.ZERO;
    Tokens tokens = new Tokens(0);
    for (Figures figures : seen.figures().values()) {
      money = money.plus(figures.cost());
      tokens = tokens.plus(total(figures));
    }
    boolean began =
        money.micros() == 0 && seen.burn().values().stream().anyMatch(DeploymentReport::costs);
    // Replicas are billed by whole seconds: before the first one is over, tokens are not free.
    return began ? Optional.empty() : Cpm.of(money, tokens);
  }

  private static boolean costs(HourlyRate rate) {
    return rate.microsPerHour() > 0;
  }

  /// From the earliest start to the latest end of the variants' windows.
  private static @Nullable CpmWindow window(Seen seen) {
    List<WindowTokens> tokens = seen.figures().values().stream().map(Figures::tokens).toList();
    Optional<Instant> from = tokens.stream().map(t -> t.covered().start()).min(naturalOrder());
    Optional<Instant> to = tokens.stream().map(t -> t.covered().end()).max(naturalOrder());
    if (from.isEmpty() || to.isEmpty()) {
      return null;
    }
    return new CpmWindow(
        from.get().toString(),
        to.get().truncatedTo(ChronoUnit.MILLIS).toString(),
        tokens.stream().mapToLong(t -> t.total().count()).sum());
  }

  private static List<VariantStatus> variants(Declared declared, Seen seen, Decision decision) {
    List<VariantStatus> variants = new ArrayList<>();
    for (String name : declared.rungs().keySet()) {
      int replicas = count(seen, name, false);
      Figures figures = seen.figures().get(name);
      HourlyRate burn = seen.burn().get(name);
      if (replicas == 0 && figures == null && burn == null) {
        continue;
      }
      Optional<WindowTokens> tokens = Optional.ofNullable(figures).map(Figures::tokens);
      Optional<Cpm> full = Optional.ofNullable(figures).flatMap(f -> f.tokens().fullCpm(f.cost()));
      variants.add(
          new VariantStatus(
              name,
              replicas,
              count(seen, name, true),
              tokens.map(t -> t.speed().toString()).orElse(null),
              full.map(cpm -> cpm.print(CPM_DECIMALS)).orElse(null),
              marginal(decision.explanation(), name),
              full.flatMap(Cpm::tokensPerDollar).map(t -> Long.toString(t.count())).orElse(null),
              burn == null ? null : burn.toString()));
    }
    return variants;
  }

  private static @Nullable String marginal(Explanation explanation, String variant) {
    return explanation.candidates().stream()
        .filter(candidate -> candidate.variant().equals(variant))
        .flatMap(candidate -> candidate.cpm().stream())
        .map(cpm -> cpm.print(CPM_DECIMALS))
        .findFirst()
        .orElse(null);
  }

  private static LastDecision lastDecision(
      ModelDeploymentStatus previous, Wanted wanted, Instant now) {
    LastDecision old = previous.lastDecision();
    LastDecision next = lastDecision(old, wanted, seconds(now));
    if (old == null) {
      return next;
    }
    boolean same =
        Objects.equals(old.variant(), next.variant())
            && Objects.equals(old.replicas(), next.replicas())
            && Objects.equals(old.reason(), next.reason());
    // What a demand needs moves all the time; why it was decided is told as it was then.
    boolean told =
        wanted.follows()
            || (Objects.equals(old.message(), next.message()) && judged(old).equals(judged(next)));
    return same && told ? old : next;
  }

  /// Candidates without what is measured all the time: it is told as it was known then.
  private static List<Candidate> judged(LastDecision decision) {
    return decision.candidates().stream()
        .map(
            c ->
                new Candidate(
                    c.variant(),
                    c.pool(),
                    c.capacityType(),
                    c.replicas(),
                    c.burnRate(),
                    c.cpm(),
                    c.quality(),
                    null,
                    c.verdict()))
        .toList();
  }

  private static LastDecision lastDecision(@Nullable LastDecision old, Wanted wanted, String at) {
    Decision decision = wanted.decision();
    Explanation explanation = decision.explanation();
    List<Candidate> candidates =
        explanation.candidates().stream().map(c -> candidate(c, wanted.latency())).toList();
    return switch (decision) {
      case Decision.Blocked(String reason, String message, _) ->
          new LastDecision(
              at, "Blocked", null, null, reason, message, explanation.binding(), candidates, null);
      case Decision.Serve(String variant, int replicas, _) ->
          new LastDecision(
              at,
              action(old, variant, replicas),
              variant,
              replicas,
              wanted.reason(),
              explanation.summary(),
              explanation.binding(),
              candidates,
              wanted.told().map(DeploymentReport::effect).orElse(null));
    };
  }

  private static String action(@Nullable LastDecision old, String variant, int replicas) {
    if (old == null || old.variant() == null) {
      return "Resize";
    }
    if (!old.variant().equals(variant)) {
      return "Migrate";
    }
    if (Objects.equals(old.replicas(), replicas)) {
      return "Hold";
    }
    return replicas == 0 ? "Drain" : "Resize";
  }

  private static BudgetEffect effect(Told told) {
    DeploymentVerdict verdict = told.verdict();
    @Nullable Counterfactual without = verdict.withoutBudget();
    return new BudgetEffect(
        told.at().toString(),
        without == null ? null : without.variant(),
        without == null ? null : without.replicas(),
        without == null ? null : without.quality().toPlainString(),
        without == null ? null : without.hourly().toString(),
        verdict.hourlyBefore().toString(),
        verdict.hourly().toString(),
        verdict.savedHourly().toString(),
        verdict.saved().toString(),
        verdict.until() == null ? null : verdict.until().toString());
  }

  private static Candidate candidate(
      dev.comptroller.decide.Candidate candidate, Map<String, Slo> slo) {
    return new Candidate(
        candidate.variant(),
        candidate.pool(),
        null,
        candidate.replicas(),
        candidate.perHour().map(HourlyRate::toString).orElse(null),
        candidate.cpm().map(cpm -> cpm.print(CPM_DECIMALS)).orElse(null),
        candidate.quality().toPlainString(),
        word(slo.getOrDefault(candidate.variant(), Slo.NotMeasured)),
        candidate.verdict());
  }

  /// `Unknown` where nobody has measured it.
  private static String word(Slo slo) {
    return slo == Slo.NotMeasured ? "Unknown" : slo.name();
  }

  private static List<HistoryEntry> history(
      ModelDeploymentStatus previous,
      Declared declared,
      Seen seen,
      Wanted wanted,
      LastDecision last,
      Instant now) {
    if (!(wanted.decision() instanceof Decision.Serve serve)) {
      return previous.history();
    }
    HistoryEntry newest = previous.history().isEmpty() ? null : previous.history().getFirst();
    if (newest != null
        && newest.variant().equals(serve.variant())
        && newest.replicas() == serve.replicas()) {
      return previous.history();
    }
    List<HistoryEntry> history = new ArrayList<>();
    history.add(
        new HistoryEntry(
            seconds(now),
            serve.variant(),
            serve.replicas(),
            last.action(),
            shorten(serve.explanation().summary()),
            newest == null || newest.variant().equals(serve.variant()) ? null : newest.variant(),
            newest == null
                ? null
                : Standing.hourly(declared, seen, newest.variant(), newest.replicas(), now)
                    .map(HourlyRate::toString)
                    .orElse(null),
            after(declared, seen, wanted, serve, now).map(HourlyRate::toString).orElse(null),
            serve.explanation().binding(),
            wanted.told().map(told -> told.verdict().saved().toString()).orElse(null),
            wanted.told().map(told -> told.verdict().until()).map(Instant::toString).orElse(null)));
    history.addAll(previous.history());
    return history.subList(0, Math.min(HISTORY, history.size()));
  }

  /// Dollars an hour of `serve`: as the budget reckoned where it pays for just that.
  private static Optional<HourlyRate> after(
      Declared declared, Seen seen, Wanted wanted, Decision.Serve serve, Instant now) {
    boolean paid = wanted.directive() != null && wanted.directive().replicas() == serve.replicas();
    Optional<HourlyRate> reckoned =
        paid ? wanted.told().map(told -> told.verdict().hourly()) : Optional.empty();
    return reckoned.or(
        () -> Standing.hourly(declared, seen, serve.variant(), serve.replicas(), now));
  }

  private static int count(Seen seen, String variant, boolean ready) {
    return (int)
        seen.observation().replicasOf(variant).stream()
            .filter(r -> r.state() != Replica.State.Terminating)
            .filter(r -> !ready || r.state() == Replica.State.Ready)
            .count();
  }

  private static String selector(ModelDeployment deployment, String active) {
    return "%s=%s,%s=%s"
        .formatted(
            Names.DEPLOYMENT_LABEL,
            deployment.getMetadata().getName(),
            Names.VARIANT_LABEL,
            active);
  }

  private static Tokens total(Figures figures) {
    return figures.tokens().total();
  }

  private static String seconds(Instant now) {
    return now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String shorten(String text) {
    return text.length() <= SENTENCE ? text : text.substring(0, SENTENCE - 3) + "...";
  }

  /// Whether a condition's message moves with figures that flow.
  static boolean flows(Condition condition) {
    return condition.type().equals("MeetingTargetCpm") || condition.type().equals("MeetingSlo");
  }
}
