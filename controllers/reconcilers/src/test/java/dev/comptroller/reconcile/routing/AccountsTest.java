package dev.comptroller.reconcile.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.reconcile.budget.BudgetParser;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AccountsTest {
  private static final Instant NOW = Instant.parse("2026-03-02T12:00:00.5Z");

  private static Account account(String day, String remaining, @Nullable Account before) {
    InferenceBudget budget =
        new KubernetesSerialization()
            .unmarshal(
                """
                metadata: {name: month, namespace: team}
                spec: {amount: "120", period: Day}
                status:
                  period: {start: "2026-03-%sT00:00:00Z", end: "2026-03-30T00:00:00Z"}
                  remaining: "%s"
                """
                    .formatted(day, remaining),
                InferenceBudget.class);
    if (!(BudgetParser.parse(budget.getSpec()) instanceof Parsed.Valid<Declared>(var declared))) {
      throw new AssertionError("the spec is valid");
    }
    Instant now = before == null ? NOW : NOW.plusSeconds(60);
    return Accounts.of(budget, declared, before, now).orElseThrow();
  }

  @Test
  void shouldTellWhatIsLeftInHundredthsOfTheAmountAndSinceWhen() {
    Account first = account("02", "61.19", null);
    assertThat(first.leftMicros()).isEqualTo(60_000_000);
    assertThat(first.leftAt()).isEqualTo("2026-03-02T12:00:00Z");
    assertThat(account("02", "60.000001", first)).as("nothing to write").isEqualTo(first);
    Account less = account("02", "59.99", first);
    assertThat(less.leftMicros()).isEqualTo(58_800_000);
    assertThat(less.leftAt()).isEqualTo("2026-03-02T12:01:00Z");
    assertThat(account("02", "-0.01", first).leftMicros()).isEqualTo(-1_200_000);
    assertThat(account("03", "60.50", first).leftAt())
        .as("a new period")
        .isEqualTo("2026-03-02T12:01:00Z");
  }
}
