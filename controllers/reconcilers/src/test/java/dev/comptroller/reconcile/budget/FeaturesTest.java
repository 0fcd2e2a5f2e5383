package dev.comptroller.reconcile.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.FeatureAction;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.FeatureUse;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.loop.FeatureVerdict;
import dev.comptroller.decide.publish.Quanta;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.charges.Charges;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class FeaturesTest {
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private static Charges.Figures charged(String search) {
    return new Charges.Figures(
        Money.ZERO,
        Money.ZERO,
        Money.ZERO,
        List.of(
            new Charges.Sum("search", Money.parse(search), 40),
            new Charges.Sum("chat", Money.parse("0.75"), 3)),
        List.of(),
        new TreeMap<>(Map.of("search", Money.parse(search).plus(Money.parse("0.25")))),
        new TreeMap<>());
  }

  private static FeatureVerdict verdict(String name, boolean exhausted) {
    return exhausted
        ? new FeatureVerdict(
            name, FeatureVerdict.Action.Warn, true, "AmountUsed", "$5.20 of its $5.00", END)
        : new FeatureVerdict(
            name, FeatureVerdict.Action.Admit, false, "NotLimited", "nothing limits it", null);
  }

  private static List<FeatureUse> shown(String search, boolean exhausted) {
    return Features.of(
            List.of(
                new FeaturePolicy("search", Money.parse("5"), 1, false, true),
                new FeaturePolicy("chat", null, 1, false, true)),
            List.of(verdict("chat", false), verdict("search", exhausted)),
            charged(search))
        .stream()
        .map(Features::wire)
        .toList();
  }

  private static InferenceBudgetStatus status(List<FeatureUse> features) {
    return YAML.unmarshal(
        YAML.asJson(Map.of("spent", "9.00", "features", features)), InferenceBudgetStatus.class);
  }

  @Test
  void shouldShowWhatEveryDeclaredFeatureHasUsedAndWhatHappensToIt() {
    assertThat(shown("5.20", true))
        .containsExactly(
            new FeatureUse(
                "chat",
                null,
                "0.75",
                null,
                null,
                FeatureAction.ADMIT,
                null,
                "NotLimited",
                "nothing limits it",
                null),
            new FeatureUse(
                "search",
                "5.00",
                "5.20",
                "0.25",
                "-0.45",
                FeatureAction.WARN,
                true,
                "AmountUsed",
                "$5.20 of its $5.00",
                "2026-12-01T00:00:00Z"));
  }

  @Test
  void shouldTellOnceThatAFeatureHasPassedItsAmountAndThatItIsWithinItAgain() {
    InferenceBudgetStatus within = status(shown("1.00", false));
    InferenceBudgetStatus passed = status(shown("5.20", true));
    List<FeatureVerdict> now = List.of(verdict("chat", false), verdict("search", true));
    assertThat(Features.changed(within, now, END.toString()))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.subject()).isEqualTo("feature search");
              assertThat(entry.from()).isEqualTo("within its amount");
              assertThat(entry.to()).isEqualTo("amount used up");
              assertThat(entry.reason()).isEqualTo("FeatureAmountUsed");
              assertThat(entry.why()).isEqualTo("$5.20 of its $5.00");
            });
    assertThat(Features.changed(passed, now, END.toString())).isEmpty();
    assertThat(Features.changed(passed, List.of(verdict("search", false)), END.toString()))
        .extracting(InferenceBudgetStatus.Decided::reason)
        .containsExactly("FeatureAmountRenewed");
  }

  @Test
  void shouldWriteNothingWhileNoFeatureIsChargedAndLessThanAPercentLate() {
    assertThat(decide(shown("1.00", false), shown("1.00", false)))
        .isInstanceOf(Quanta.Verdict.Unchanged.class);
    assertThat(decide(shown("1.00", false), shown("1.99", false)))
        .isInstanceOf(Quanta.Verdict.Wait.class);
    assertThat(decide(shown("1.00", false), shown("2.00", false)))
        .isInstanceOf(Quanta.Verdict.Publish.class);
    assertThat(decide(shown("5.20", false), shown("5.20", true)))
        .isInstanceOf(Quanta.Verdict.Publish.class);
  }

  private static Quanta.Verdict decide(List<FeatureUse> before, List<FeatureUse> after) {
    return Quanta.decide(
        BudgetFigures.of(status(before)),
        END,
        BudgetFigures.of(status(after)),
        Money.parse("100").micros(),
        Duration.ofMinutes(1),
        END.plusSeconds(5));
  }
}
