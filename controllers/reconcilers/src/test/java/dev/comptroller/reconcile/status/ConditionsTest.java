package dev.comptroller.reconcile.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.decide.condition.Finding;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConditionsTest {
  private static final Instant MORNING = Instant.parse("2026-03-01T08:00:00.5Z");
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private final List<Condition> before =
      Conditions.next(List.of(), List.of(Finding.no("Ready", "Starting", "0 of 1")), 1, MORNING);

  @Test
  void shouldKeepTheTransitionTimeWhileOnlyTheReasonOrMessageChanges() {
    List<Condition> after =
        Conditions.next(before, List.of(Finding.no("Ready", "Failing", "0 of 2")), 2, NOON);

    assertThat(after)
        .containsExactly(
            new Condition("Ready", "False", "Failing", "0 of 2", 2L, "2026-03-01T08:00:00Z"));
  }

  @Test
  void shouldMoveTheTransitionTimeWhenTheStatusChanges() {
    List<Condition> after =
        Conditions.next(before, List.of(Finding.yes("Ready", "Serving", "1 of 1")), 1, NOON);

    assertThat(after.getFirst().lastTransitionTime()).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(Conditions.transitions(before, after)).hasSize(1);
    assertThat(Conditions.transitions(after, after)).isEmpty();
  }

  @Test
  void shouldKeepOtherConditionsWhenOnlyOneIsReplaced() {
    List<Condition> two =
        Conditions.next(
            List.of(),
            List.of(Finding.yes("Ready", "A", "1"), Finding.unknown("Other", "B", "0")),
            1,
            MORNING);

    List<Condition> after =
        Conditions.with(two, Finding.no("Ready", "InvalidSpec", "1 error"), 2, NOON);

    assertThat(after).extracting(Condition::type).containsExactly("Ready", "Other");
    assertThat(after.getFirst().status()).isEqualTo("False");
    assertThat(after.getLast()).isEqualTo(two.getLast());
  }
}
