package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/// An hourly budget that runs hot and cools down, told as it happens.
///
/// More replicas are asked for than the hour's money pays for. As the forecast rises, batch work is
/// queued, answers are capped, and the deployment drops a rung while requests go on; when fewer
/// replicas are asked for it climbs back. In the end everything is deleted and the bill is compared
/// with the node agent's.
final class Heatwave {
  private static final String NAMESPACE = "team";
  private static final String POOL = "h100";
  private static final String MODEL = NAMESPACE + "/chat";
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String REPORT = "Write a report about the weather.";
  private static final long REPORT_TOKENS = 40;
  private static final Duration LOOK = Duration.ofMillis(700);

  /// What rounding parts of a sum may change of one of them.
  private static final BigDecimal ROUNDING = new BigDecimal("0.000001");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LocalFleet fleet;
  private final PrintStream out;
  private final String manifest;
  private final Narrator narrator;

  Heatwave(LocalFleet fleet, ModelCache.Kind kind, PrintStream out) {
    this.fleet = fleet;
    this.out = out;
    narrator =
        new Narrator(
            fleet, out, PATIENCE, LOOK, "get", "md,ib,pods", "-n", NAMESPACE, "-o", "wide");
    manifest =
        switch (kind) {
          case REAL -> "samples/loop/deployment.yaml";
          case SEEDED -> "samples/loop/deployment-offline.yaml";
        };
  }

  /// Runs all of it.
  void run() {
    fleet.createNamespace(NAMESPACE);
    String budget = HourBudget.manifest(NAMESPACE, Instant.now());
    out.println(budget);
    fleet.kubectl().apply(budget);
    show("apply", "-f", manifest);
    String key = fleet.key(NAMESPACE, List.of("chat", "reports"));
    narrator.begin();
    until("the upper rung serves", () -> serving("q4", 1) && quiet());
    out.println();
    out.println("  From here on three clients ask without a pause, each answer streamed.");
    try (Background people = Background.start(traffic(key, "chat"), 3);
        Traffic reports = traffic(key, "reports")) {
      tell("reports", reports.ask(REPORT, REPORT_TOKENS));
      step("Ask for two replicas: $19.00/h, about all of the hour's money");
      show("-n", NAMESPACE, "scale", "md/chat", "--replicas=2");
      until("the fleet has dropped a rung", () -> serving("q2", 2) && quiet());
      out.println();
      tell("reports, which may wait", reports.ask(REPORT, REPORT_TOKENS));
      show("get", "md,ib", "-n", NAMESPACE);
      explain();
      step("Ask for one replica again: the heat goes, and so does every action");
      show("-n", NAMESPACE, "scale", "md/chat", "--replicas=1");
      until("the fleet has climbed back", () -> serving("q4", 1) && quiet() && calm());
      show("get", "md,ib", "-n", NAMESPACE);
      people.stop();
      tell(people);
    }
    step("Delete the deployment and compare the bills");
    show("-n", NAMESPACE, "delete", "md/chat");
    reconcile();
  }

  private Traffic traffic(String key, String feature) {
    return new Traffic(fleet.gateway(), MODEL, key, feature);
  }

  private void tell(String who, Traffic.Answer answer) {
    out.println(
        "  %s: %d tokens out, finish reason %s"
            .formatted(who, answer.completionTokens(), answer.finishReason()));
    answer.headers().forEach((name, value) -> out.println("    %s: %s".formatted(name, value)));
    out.println();
  }

  private boolean serving(String variant, int replicas) {
    JsonNode status = deployment().path("status");
    if (!variant.equals(status.path("activeVariant").asText())) {
      return false;
    }
    for (JsonNode rung : status.path("variants")) {
      if (variant.equals(rung.path("name").asText())) {
        return rung.path("ready").asInt() == replicas;
      }
    }
    return false;
  }

  private boolean quiet() {
    JsonNode transition = deployment().path("status").path("transition");
    return transition.isMissingNode() || transition.isNull();
  }

  private boolean calm() {
    return budget().path("status").path("activeActions").isEmpty();
  }

  private void until(String what, BooleanSupplier done) {
    narrator.until(what, this::narrate, done);
  }

  private void narrate() {
    JsonNode money = budget().path("status");
    JsonNode serving = deployment().path("status");
    String heat = money.path("heat").asText();
    if (!heat.isEmpty()) {
      narrator.tell(
          "heat",
          "heat %s %%: $%s spent, forecast $%s of $%s"
              .formatted(
                  heat,
                  money.path("spent").asText("0"),
                  money.path("forecast").asText("?"),
                  budget().path("spec").path("amount").asText()),
          heat);
    }
    List<String> actions = new ArrayList<>();
    money.path("activeActions").forEach(it -> actions.add(it.path("action").asText()));
    narrator.tell(
        "actions",
        "actions in force: " + (actions.isEmpty() ? "none" : String.join(", ", actions)));
    for (JsonNode grant : money.path("grants")) {
      narrator.tell(
          "grant",
          "paid for: %s replicas of %s, $%s/h: %s"
              .formatted(
                  grant.path("replicas").asText(),
                  grant.path("variant").asText(),
                  grant.path("burnRate").asText("0"),
                  grant.path("message").asText()),
          grant.path("variant").asText() + grant.path("replicas").asText());
    }
    JsonNode transition = serving.path("transition");
    if (!transition.path("phase").asText().isEmpty()) {
      narrator.tell(
          "phase",
          "%s -> %s, %s: %s"
              .formatted(
                  transition.path("from").asText(),
                  transition.path("to").asText("zero"),
                  transition.path("phase").asText(),
                  transition.path("message").asText()),
          transition.path("phase").asText() + transition.path("share").asText());
    }
    String active = serving.path("activeVariant").asText();
    if (!active.isEmpty()) {
      narrator.tell("active", "%s serves".formatted(active));
    }
  }

  private void tell(Background background) {
    out.println();
    out.println(
        "  all the while: %d streams asked, %d answered whole, %d failed"
            .formatted(
                background.answers().size() + background.failures().size(),
                background.answers().size(),
                background.failures().size()));
    Map<String, Integer> variants = new TreeMap<>();
    for (Traffic.Answer answer : background.answers()) {
      variants.merge(answer.headers().getOrDefault("x-comptroller-variant", "?"), 1, Integer::sum);
    }
    variants.forEach((name, count) -> out.println("    answered by %s: %d".formatted(name, count)));
    background.failures().stream()
        .limit(3)
        .forEach(failure -> out.println("    failed: " + failure.lines().findFirst().orElse("")));
    if (!background.failures().isEmpty()) {
      throw new FleetException(
          "%d requests failed while the variant changed".formatted(background.failures().size()));
    }
    out.println();
  }

  /// What `describe` says of the downgrade.
  private void explain() {
    JsonNode serving = deployment();
    for (String type : List.of("Downgraded", "WithinBudget")) {
      JsonNode condition = Kubectl.condition(serving, type);
      out.println(
          "  %s=%s (%s): %s"
              .formatted(
                  type,
                  condition.path("status").asText(),
                  condition.path("reason").asText(),
                  condition.path("message").asText()));
    }
    JsonNode decision = serving.path("status").path("lastDecision");
    out.println("  bound by: " + decision.path("bindingConstraint").asText());
    for (JsonNode candidate : decision.path("candidates")) {
      out.println(
          "    %s: $%s/h, CPM $%s, quality %s, SLO %s: %s"
              .formatted(
                  candidate.path("variant").asText(),
                  candidate.path("burnRate").asText("?"),
                  candidate.path("cpm").asText("?"),
                  candidate.path("quality").asText("?"),
                  candidate.path("slo").asText("Unknown"),
                  candidate.path("verdict").asText()));
    }
    out.println();
  }

  private void reconcile() {
    until(
        "the pods have gone",
        () ->
            fleet.kubectl().json("get", "pods", "-n", NAMESPACE).path("items").isEmpty()
                && !bill().isEmpty());
    BigDecimal agent = billed();
    until(
        "the budget's status shows the last of the bill",
        () ->
            new BigDecimal(budget().path("status").path("spent").asText("0")).compareTo(agent)
                == 0);
    out.println();
    out.println("  node agent's own log: %d replicas, $%s".formatted(bill().size(), agent));
    out.println(
        "  budget's status:      $%s".formatted(budget().path("status").path("spent").asText()));
    until("the pool's status shows the same", () -> agrees(agent));
    unallocated();
  }

  /// Whether the pool says that the namespace held what `agent` comes to, and holds nothing more.
  private boolean agrees(BigDecimal agent) {
    for (JsonNode share : pool().path("bill").path("namespaces")) {
      if (NAMESPACE.equals(share.path("namespace").asText())) {
        BigDecimal spent = new BigDecimal(share.path("spent").asText());
        return new BigDecimal(share.path("hourlyCost").asText("1")).signum() == 0
            && spent.subtract(agent).abs().compareTo(ROUNDING) <= 0;
      }
    }
    return false;
  }

  /// Where the rest of the nodes' dollars went.
  private void unallocated() {
    JsonNode status = pool();
    JsonNode bill = status.path("bill");
    out.println();
    out.println("  pool %s, %s to %s:".formatted(POOL, text(bill, "start"), text(bill, "asOf")));
    out.println("    nodes                $%s".formatted(text(bill, "nodes")));
    for (JsonNode share : bill.path("namespaces")) {
      out.println(
          "    held by %-12s $%s, now $%s/h"
              .formatted(
                  text(share, "namespace"), text(share, "spent"), text(share, "hourlyCost")));
    }
    out.println(
        "    unallocated          $%s, now $%s/h"
            .formatted(text(bill, "unallocated"), text(status, "unallocatedHourlyCost")));
    BigDecimal parts =
        new BigDecimal(text(bill, "allocated")).add(new BigDecimal(text(bill, "unallocated")));
    BigDecimal nodes =
        new BigDecimal(text(bill, "nodes")).add(new BigDecimal(bill.path("excess").asText("0")));
    if (parts.compareTo(nodes) != 0) {
      throw new FleetException(
          "the parts of the pool's bill sum to $%s, not $%s".formatted(parts, nodes));
    }
    out.println(
        """

          The GPUs are free again: no longer on the namespace's bill, but on the pool's
          unallocated line until the pool releases its nodes.
        """);
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("?");
  }

  private JsonNode pool() {
    return fleet.kubectl().json("get", "gnp", POOL).path("status");
  }

  private BigDecimal billed() {
    BigDecimal seconds = BigDecimal.ZERO;
    for (JsonNode line : bill()) {
      long ran =
          Instant.parse(line.path("finishedAt").asText()).getEpochSecond()
              - Instant.parse(line.path("scheduledAt").asText()).getEpochSecond();
      seconds = seconds.add(BigDecimal.valueOf(ran * line.path("gpus").asLong()));
    }
    return seconds
        .multiply(new BigDecimal("19.00"))
        .divide(BigDecimal.valueOf(8 * 3600), 6, RoundingMode.HALF_UP);
  }

  private List<JsonNode> bill() {
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(fleet.bill())) {
        JsonNode pod = JSON.readTree(line);
        if (NAMESPACE.equals(pod.path("namespace").asText()) && pod.path("gpus").asLong() > 0) {
          lines.add(pod);
        }
      }
    } catch (IOException e) {
      throw new FleetException("cannot read the node agent's log: " + e.getMessage(), e);
    }
    return lines;
  }

  private JsonNode deployment() {
    return object("md", "chat");
  }

  private JsonNode budget() {
    return object("ib", "team");
  }

  private JsonNode object(String kind, String name) {
    Command.Result result =
        fleet.kubectl().attempt("get", kind, name, "-n", NAMESPACE, "-o", "json");
    try {
      return result.status() == 0 ? JSON.readTree(result.output()) : MissingNode.getInstance();
    } catch (IOException e) {
      throw new FleetException("kubectl get %s %s said no JSON".formatted(kind, name), e);
    }
  }

  private void step(String title) {
    out.println();
    out.println("-- " + title);
    out.println();
  }

  private void show(String... arguments) {
    fleet.kubectl().show(out, arguments);
  }
}
