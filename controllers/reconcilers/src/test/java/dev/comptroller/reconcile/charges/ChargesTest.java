package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.scale.Due;
import dev.comptroller.decide.units.Money;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ChargesTest {
  /// What a real gateway exported: its own tests compare with this file as well.
  private static final Path GATEWAY =
      Path.of("../../serving-runtime/gateway/src/test/resources/charges-export.txt");

  private static final Instant T0 = Instant.parse("2026-03-01T00:00:00Z");
  private static final Window HOUR = new Window(T0, T0.plusSeconds(3600));
  private static final Window NEXT = new Window(T0.plusSeconds(3600), T0.plusSeconds(7200));

  @Test
  void shouldReadSeriesAndLeaveOutWhatIsNoNumber() {
    String text =
        """
        # TYPE comptroller_charged_micros_total counter
        comptroller_charged_micros_total{namespace="a",feature="say \\"hi\\"",deployment="chat",variant="large",} 1.5E6
        comptroller_charged_micros_total{namespace="b",deployment="chat"} NaN
        comptroller_charged_micros_totals{namespace="c"} 1
        comptroller_charged_micros_total_created{namespace="c"} 1
        """;
    List<Series> series = Series.read(text, Set.of(ChargeSample.CHARGED));
    assertThat(series).hasSize(1);
    assertThat(series.getFirst().value()).isEqualTo(1_500_000);
    assertThat(series.getFirst().label("feature")).isEqualTo("say \"hi\"");
  }

  @Test
  void shouldReadWhatAGatewayExports() throws Exception {
    ChargeSample sample = ChargeSample.read(Files.readString(GATEWAY));
    assertThat(sample.counters())
        .containsOnly(
            Map.entry(
                new ChargeSample.Charged("team-a", "search", "team-a", "llm", "large"),
                new ChargeSample.Totals(384, 3, 4)),
            Map.entry(
                new ChargeSample.Charged("team-a", "chat", "team-b", "shared", "large"),
                new ChargeSample.Totals(128, 1, 1)));
    Instant start = Instant.parse("2026-01-01T00:00:00Z");
    assertThat(sample.accounts())
        .containsExactlyInAnyOrder(
            new ChargeSample.AccountSample("feature", "team-a", "search", start, 384, 0),
            new ChargeSample.AccountSample("abroad", "team-a", "", start, 128, 0));

    Window year = new Window(start, Instant.parse("2027-01-01T00:00:00Z"));
    Charges charges = new Charges();
    charges.read("team-a", year, List.of());
    charges.read("team-b", year, List.of());
    charges.add("g1", sample, true);
    Charges.Figures payer = charges.read("team-a", year, List.of());
    assertThat(payer.abroad()).isEqualTo(new Money(128));
    assertThat(payer.used()).containsEntry("search", new Money(384));
    assertThat(payer.models())
        .containsExactly(
            new Charges.Sum("llm", new Money(384), 3),
            new Charges.Sum("team-b/shared", new Money(128), 1));
    assertThat(payer.trueUp()).containsEntry("llm/large", -380L);
    assertThat(charges.read("team-b", year, List.of()).recovered()).isEqualTo(new Money(128));
  }

  @Test
  void shouldSumWhatGatewaysCountAcrossTheirRestarts() {
    Charges charges = new Charges();
    charges.add("g1", sample("team", "search", "team", 100, 1), true);
    charges.read("team", HOUR, List.of());
    charges.add("g1", sample("team", "search", "team", 300, 3), true);
    charges.add("g1", sample("team", "search", "team", 50, 1), true);
    charges.add("g2", sample("team", "chat", "other", 1000, 2), true);
    charges.add("g3", sample("team", "chat", "other", 9999, 9), false);

    Charges.Figures team = charges.read("team", HOUR, List.of());
    assertThat(team.features())
        .containsExactly(
            new Charges.Sum("chat", new Money(1000), 2),
            new Charges.Sum("search", new Money(350), 4));
    assertThat(team.models())
        .containsExactly(
            new Charges.Sum("other/llm", new Money(1000), 2),
            new Charges.Sum("llm", new Money(350), 4));
    assertThat(team.features().getFirst().perRequest()).contains(new Money(500));
    assertThat(charges.read("other", HOUR, List.of()).recovered()).isEqualTo(new Money(1000));
    assertThat(charges.read("team", NEXT, List.of()).features()).isEmpty();
  }

  @Test
  void shouldTakeWhatIsOwedFromTheLedgerOfThePeriod() {
    Charges charges = new Charges();
    String text =
        """
        comptroller_account_spent_micros{kind="abroad",namespace="team",name="",period="%1$s"} 700
        comptroller_account_held_micros{kind="abroad",namespace="team",name="",period="%1$s"} 30
        comptroller_account_spent_micros{kind="feature",namespace="team",name="search",period="%1$s"} 500
        comptroller_account_held_micros{kind="feature",namespace="team",name="search",period="%1$s"} 5
        """
            .formatted(T0);
    charges.add("g1", ChargeSample.read(text), false);
    charges.add("g2", ChargeSample.read(text), false);

    Charges.Figures team = charges.read("team", HOUR, List.of());
    assertThat(team.abroad()).isEqualTo(new Money(700));
    assertThat(team.held()).isEqualTo(new Money(30));
    assertThat(team.used()).containsEntry("search", new Money(505));
    assertThat(charges.read("team", NEXT, List.of()).abroad()).isEqualTo(Money.ZERO);
  }

  @Test
  void shouldGoOnFromWhatWasPublishedBeforeARestart() {
    Charges charges = new Charges();
    charges.add("g1", sample("team", "search", "team", 5000, 50), false);
    List<Charges.Sum> known = List.of(new Charges.Sum("llm", new Money(4000), 40));
    assertThat(charges.read("team", HOUR, known).models()).isEqualTo(known);
    charges.add("g1", sample("team", "search", "team", 5100, 51), false);
    assertThat(charges.read("team", HOUR, known).models())
        .containsExactly(new Charges.Sum("llm", new Money(4100), 41));
  }

  @Test
  void shouldShowMeasuredCostLessChargesToWhoOwnsTheDeployment() {
    Charges charges = new Charges();
    charges.read("other", HOUR, List.of());
    String text =
        """
        comptroller_charged_micros_total{namespace="team",provider="other",deployment="llm",variant="v"} 100
        comptroller_measured_micros_total{namespace="team",provider="other",deployment="llm",variant="v"} 70
        """;
    charges.add("g1", ChargeSample.read(text), true);
    assertThat(charges.read("other", HOUR, List.of()).trueUp()).containsEntry("llm/v", -30L);
    assertThat(charges.read("team", HOUR, List.of()).trueUp()).isEmpty();
  }

  @Test
  void shouldTellByWhenWhatWaitsIsDueAndNothingOfWhatIsOldOrBroken() throws Exception {
    Instant now = Instant.parse("2026-03-01T00:00:00Z");
    Queues queues = new Queues();
    assertThat(queues.due("team", "llm", now)).as("nobody has told").isEmpty();
    String page =
        """
        {"due": [
           {"model": "team/llm", "by": "2026-03-01T06:00:00Z", "tokens": 700},
           {"model": "team/other", "by": "2026-03-01T05:00:00Z", "tokens": 9}]}
        """;
    queues.put("g1", now, page);
    queues.put("g2", now, page.replace("700", "40"));
    Instant by = Instant.parse("2026-03-01T06:00:00Z");
    assertThat(queues.due("team", "llm", now))
        .hasValueSatisfying(
            due -> assertThat(due).containsExactlyInAnyOrder(new Due(by, 700), new Due(by, 40)));
    assertThat(queues.due("team", "none", now)).contains(List.of());
    assertThat(queues.due("team", "llm", now.plusSeconds(61))).as("old").isEmpty();
    queues.put("g2", now, page.replace("700", "-1"));
    assertThat(queues.due("team", "llm", now)).as("broken").isEmpty();
    queues.put("g2", now, page.replace("2026-03-01T06:00:00Z", "soon"));
    assertThat(queues.due("team", "llm", now)).as("broken").isEmpty();
    queues.put("g2", now, "{}");
    assertThat(queues.due("team", "llm", now)).as("does not know").isEmpty();
    queues.retain(Set.of("g1"));
    assertThat(queues.due("team", "llm", now)).contains(List.of(new Due(by, 700)));
  }

  @Test
  void shouldShowTheQueueOfANamespacesDeploymentsAndWhatItSaved() throws Exception {
    Queues queues = new Queues();
    assertThat(queues.of("team")).isEmpty();
    queues.put(
        "g1",
        Instant.parse("2026-03-01T00:00:00Z"),
        """
        {"depth": [
           {"model": "team/llm", "state": "pending", "items": 7,
            "oldest_deadline": "2026-03-01T06:00:00Z"},
           {"model": "team/llm", "state": "running", "items": 2,
            "oldest_deadline": "2026-03-01T05:00:00Z"},
           {"model": "teams/llm", "state": "pending", "items": 100,
            "oldest_deadline": "2026-03-01T01:00:00Z"}],
         "saved": [{"payer": "team", "model": "team/llm", "items": 5, "saved": "1.25"}]}
        """);
    assertThat(queues.of("team"))
        .contains(new Queues.Work(9, Instant.parse("2026-03-01T05:00:00Z"), Money.parse("1.25")));
    queues.retain(Set.of());
    assertThat(queues.of("team")).isEmpty();
  }

  @Test
  void shouldBookWhatAGatewayChargedWhileNobodyLooked() {
    Charges before = new Charges();
    before.read("team", HOUR, List.of());
    before.add("g1", sample("team", "search", "team", 100, 1), true);
    byte[] saved = before.book().write();
    before.add("g1", sample("team", "search", "team", 180, 2), false);

    Charges after = new Charges();
    after.restore(ChargeBook.read(saved));
    for (int i = 0; i < 2; i++) {
      after.add("g1", sample("team", "search", "team", 300, 3), false);
      assertThat(after.read("team", HOUR, List.of()).models())
          .containsExactly(new Charges.Sum("llm", new Money(300), 3));
    }
    after.add("g1 anew", sample("team", "search", "team", 40, 1), false);
    assertThat(after.read("team", HOUR, List.of()).models())
        .containsExactly(new Charges.Sum("llm", new Money(340), 4));
  }

  @Test
  void shouldNotBookAPeriodThatIsOverInTheNext() {
    Charges before = new Charges();
    before.read("team", HOUR, List.of());
    before.add("g1", sample("team", "search", "team", 100, 1), true);

    Charges after = new Charges();
    after.restore(ChargeBook.read(before.book().write()));
    after.add("g1", sample("team", "search", "team", 130, 2), false);
    assertThat(after.read("team", NEXT, List.of()).models()).isEmpty();
    after.add("g1", sample("team", "search", "team", 150, 3), false);
    assertThat(after.read("team", NEXT, List.of()).models())
        .containsExactly(new Charges.Sum("llm", new Money(20), 1));
  }

  private static ChargeSample sample(
      String namespace, String feature, String provider, long micros, long requests) {
    String labels =
        "{namespace=\"%s\",feature=\"%s\",provider=\"%s\",deployment=\"llm\",variant=\"v\"}"
            .formatted(namespace, feature, provider);
    return ChargeSample.read(
        "comptroller_charged_micros_total%s %d\ncomptroller_charged_requests_total%s %d\n"
            .formatted(labels, micros, labels, requests));
  }
}
