package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a user would do and look at, told in sections.
public final class Demo {
  private static final Duration READY_PATIENCE = Duration.ofMinutes(3);
  private static final Duration MONEY_PATIENCE = Duration.ofSeconds(100);
  private static final long MAX_TOKENS = 48;
  private static final int MOST_REQUESTS = 400; // The ledger shows the last thousand lines.
  private static final String QUESTION = "What is the capital of France? Answer in one sentence.";
  private static final List<String> QUESTIONS =
      List.of(
          "Name three fruits.",
          "What is 2 + 2?",
          "Say hello in French.",
          "Why is the sky blue?",
          "What is a budget?",
          "Write one line about the sea.",
          "Name a planet.",
          "What does a GPU do?",
          "Give me a word that rhymes with cost.",
          "What is rain?",
          "Name a colour.",
          "What is bread made of?");

  private final LocalFleet fleet;
  private final ModelCache.Kind kind;
  private final PrintStream out;
  private final List<Traffic.Answer> answers = new ArrayList<>();

  /// Tells of `fleet`, which has the models of `kind`, on `out`.
  public Demo(LocalFleet fleet, ModelCache.Kind kind, PrintStream out) {
    this.fleet = fleet;
    this.kind = kind;
    this.out = out;
  }

  /// Says what is real and what is declared before anything is started.
  static void introduce(PrintStream out, ModelCache.Kind kind) {
    out.println(
        """
        Comptroller demo: apply a model, get tokens, see what they cost.

        Real: the Kubernetes control plane, the operator and gateway as the chart installs them,
        the serving runtime, the OpenAI client, %s.
        Declared: two nodes say that they have eight H100s each, at the sample's prices. The pods
        on them compute on this machine's CPU, so tokens per second are this machine's, and the
        dollars per token are what such nodes would cost at this machine's speed.
        """
            .formatted(
                switch (kind) {
                  case REAL -> "the model (SmolLM2-135M-Instruct)";
                  case SEEDED -> "the model's format and arithmetic";
                }));
    if (kind == ModelCache.Kind.SEEDED) {
      out.println(
          """
          Offline: the models are seeded stand-ins that were trained on nothing. Expect frequent
          words in no sensible order.
          """);
    }
  }

  /// Runs it to its end; takes minutes.
  public void run() {
    section("Apply a GPU pool with prices, a budget, and a model with three variants");
    apply();
    String model = awaitReady();
    out.println("Ready; served as the OpenAI model " + model + ".");

    section("What runs, at a glance");
    show("get", "md,ib,gnp", "-A");
    show("get", "pods", "-A", "-o", "wide", "-l", "app.kubernetes.io/part-of=comptroller");

    section("Ask it, with the OpenAI Java client through the gateway " + fleet.gateway() + "/v1");
    out.println("$ ./comptroller key create --namespace demo --feature chat");
    String key = fleet.key("demo", List.of("chat"));
    out.println("  " + key.substring(0, 12) + "...: the gateway keeps only its hash\n");
    try (Traffic traffic = new Traffic(fleet.gateway(), model, key, "")) {
      ask(traffic);
      stream(traffic);
      together(traffic);
      untilMoneyIsPublished(traffic);
    }

    section("What it cost");
    ledger();
    show("get", "md,ib,gnp", "-A");
    show("describe", "md", "-A");
    section("A budget that runs hot: asked for more than the hour pays for, then for less again");
    new Heatwave(fleet, kind, out).run();
    section(
        "From nothing to a burst and back: replicas follow the load, nodes follow the replicas");
    new Tide(fleet, kind, out).run();
    section("Take it down");
  }

  private void apply() {
    List<String> words = new ArrayList<>(List.of("apply"));
    for (String sample : fleet.repository().samples(kind)) {
      words.addAll(List.of("-f", sample));
    }
    show(words.toArray(String[]::new));
  }

  private void ask(Traffic traffic) {
    out.println("> " + QUESTION);
    Traffic.Answer answer = traffic.ask(QUESTION, MAX_TOKENS);
    answers.add(answer);
    out.println(answer.text().strip());
    explain(answer);
  }

  private void stream(Traffic traffic) {
    out.println("> Tell me about Paris.   (streamed)");
    Traffic.Answer answer =
        traffic.stream(
            "Tell me about Paris.",
            MAX_TOKENS,
            piece -> {
              out.print(piece);
              out.flush();
            });
    out.println();
    answers.add(answer);
    explain(answer);
  }

  private void together(Traffic traffic) {
    out.println("> %d questions at once, all streamed".formatted(QUESTIONS.size()));
    long before = System.nanoTime();
    List<Traffic.Answer> all = traffic.askAll(QUESTIONS, MAX_TOKENS);
    answers.addAll(all);
    double seconds = (System.nanoTime() - before) / 1e9;
    long tokens = all.stream().mapToLong(Traffic.Answer::completionTokens).sum();
    out.println(
        String.format(
            Locale.ROOT,
            "  %d answers, %d tokens in %.1f s: %.0f tokens/s on this machine's CPU",
            all.size(),
            tokens,
            seconds,
            tokens / seconds));
  }

  /// The gateway's own lines beside what the client was told.
  private void ledger() {
    UsageLines lines = UsageLines.of(fleet);
    out.println(
        String.format(
            Locale.ROOT,
            "  usage ledger: %d requests, %d tokens in, %d out, charged $%.6f at the posted price%s",
            lines.requests(),
            lines.promptTokens(),
            lines.completionTokens(),
            lines.chargeMicros() / 1e6,
            lines.unpriced() == 0 ? "" : " (" + lines.unpriced() + " before a price was posted)"));
    out.println(
        "  client:       %d requests, %d tokens in, %d out"
            .formatted(
                answers.size(),
                answers.stream().mapToLong(Traffic.Answer::promptTokens).sum(),
                answers.stream().mapToLong(Traffic.Answer::completionTokens).sum()));
    out.println();
  }

  private void explain(Traffic.Answer answer) {
    out.println(
        "  usage: %d tokens in, %d out; finish reason %s; %s"
            .formatted(
                answer.promptTokens(),
                answer.completionTokens(),
                answer.finishReason(),
                answer.pieces() == 1 ? "in one piece" : "in " + answer.pieces() + " pieces"));
    for (Map.Entry<String, String> header : answer.headers().entrySet()) {
      out.println("  " + header.getKey() + ": " + header.getValue());
    }
    out.println();
  }

  /// Waits until the first model deployment is ready and gives its OpenAI name.
  private String awaitReady() {
    Instant deadline = Instant.now().plus(READY_PATIENCE);
    String said = "";
    while (true) {
      JsonNode first = first("md");
      JsonNode ready = Kubectl.condition(first, "Ready");
      String message = ready.path("reason").asText() + ": " + ready.path("message").asText();
      if (ready.path("status").asText().equals("True")) {
        return first.path("metadata").path("namespace").asText()
            + "/"
            + first.path("metadata").path("name").asText();
      }
      if (!message.equals(said) && !ready.isMissingNode()) {
        said = message;
        out.println("  not ready yet: " + message);
      }
      if (Instant.now().isAfter(deadline)) {
        throw new FleetException(
            "no model is ready after %d s; Ready says %s\n%s"
                .formatted(
                    READY_PATIENCE.toSeconds(),
                    message,
                    fleet.kubectl().attempt("get", "pods,events", "-A").output().indent(2)));
      }
      pause();
    }
  }

  /// Keeps asking until the budget's status shows spend and the model's CPM followed the traffic.
  ///
  /// The operator publishes money in quanta, so that takes about a minute.
  private void untilMoneyIsPublished(Traffic traffic) {
    out.println(
        "  money in a status moves once a minute, or sooner by a hundredth of the budget;"
            + " until then, more questions");
    Instant deadline = Instant.now().plus(MONEY_PATIENCE);
    String first = cpm();
    while (spent().signum() == 0 || cpm().isEmpty() || cpm().equals(first)) {
      if (Instant.now().isAfter(deadline)) {
        throw new FleetException(
            "no spend and CPM in the status after %d s: spent is %s, CPM is \"%s\""
                .formatted(MONEY_PATIENCE.toSeconds(), spent(), cpm()));
      }
      if (answers.size() < MOST_REQUESTS) {
        answers.addAll(traffic.askAll(QUESTIONS, MAX_TOKENS));
      } else {
        pause();
      }
    }
    out.println();
  }

  private String cpm() {
    return first("md").path("status").path("cpm").asText();
  }

  private BigDecimal spent() {
    return new BigDecimal(first("ib").path("status").path("spent").asText("0"));
  }

  private JsonNode first(String kind) {
    return fleet.kubectl().json("get", kind, "-A").path("items").path(0);
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(500));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetException("interrupted", e);
    }
  }

  private void show(String... arguments) {
    fleet.kubectl().show(out, arguments);
  }

  private void section(String title) {
    out.println();
    out.println("== " + title + " ==");
    out.println();
  }
}
