package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.TokenStream;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.openai.ModelCard;
import dev.comptroller.protocol.openai.ModelList;
import io.prometheus.client.exporter.common.TextFormat;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.UUID;

/// The endpoints.
final class Api implements HttpFront.Handler {
  private static final String JSON = "application/json";
  private static final String MODELS = "/v1/models";

  private final Json json;
  private final ServerMetrics metrics;
  private final Clock clock;
  private volatile Phase phase;

  Api(Json json, ServerMetrics metrics, Clock clock, Phase first) {
    this.json = json;
    this.metrics = metrics;
    this.clock = clock;
    this.phase = first;
  }

  /// Enters a phase.
  void enter(Phase next) {
    phase = next;
  }

  /// The phase that it is in.
  Phase phase() {
    return phase;
  }

  @Override
  public void handle(Exchange exchange) throws InterruptedException {
    if (phase() instanceof Phase.Draining) {
      exchange.header("connection", "close");
    }
    try {
      route(exchange);
    } catch (ApiException e) {
      refuse(exchange, e.error());
    } catch (EngineException e) {
      refuse(exchange, ApiError.unavailable("engine_failed", String.valueOf(e.getMessage())));
    }
  }

  private void route(Exchange exchange) throws InterruptedException {
    String path = exchange.path() == null ? "" : exchange.path();
    switch (path) {
      case "/v1/chat/completions" -> {
        if (allows(exchange, "POST")) {
          chat(exchange);
        }
      }
      case "/v1/completions" -> {
        if (allows(exchange, "POST")) {
          text(exchange);
        }
      }
      case "/tokenize" -> {
        if (allows(exchange, "POST")) {
          requireJson(exchange);
          JsonNode body = json.read(exchange.body());
          answer(exchange, 200, TokenizeRequest.answer(serving(), body));
        }
      }
      case MODELS -> {
        if (allows(exchange, "GET")) {
          answer(exchange, 200, ModelList.of(cards(serving())));
        }
      }
      case "/health/ready", "/health/live", "/health" -> {
        if (allows(exchange, "GET")) {
          health(exchange, path.equals("/health/ready"));
        }
      }
      case "/metrics" -> {
        if (allows(exchange, "GET")) {
          metrics(exchange);
        }
      }
      default -> {
        if (!path.startsWith(MODELS + "/")) {
          throw new ApiException(
              ApiError.refused(404, "unknown_url", "There is no " + cut(path) + " here"));
        }
        if (allows(exchange, "GET")) {
          model(exchange, path.substring(MODELS.length() + 1));
        }
      }
    }
  }

  private boolean allows(Exchange exchange, String method) throws InterruptedException {
    String asked = exchange.method();
    if (asked.equals(method) || (method.equals("GET") && asked.equals("HEAD"))) {
      return true;
    }
    exchange.header("allow", method.equals("GET") ? "GET, HEAD" : method);
    refuse(
        exchange,
        ApiError.refused(
            405,
            "method_not_allowed",
            "%s takes %s, not %s".formatted(cut(exchange.path()), method, cut(asked))));
    return false;
  }

  private void chat(Exchange exchange) throws InterruptedException {
    Replica replica = serving();
    requireJson(exchange);
    ChatRequest request = ChatRequest.read(json.read(exchange.body()));
    replica.requireModel(request.model());
    GenerationOptions options = request.options();
    var shape =
        new ChatShape(
            json,
            replica.tokenizer(),
            "chatcmpl-" + randomId(),
            clock.instant().getEpochSecond(),
            request.model(),
            replica.fingerprint(),
            options.topLogprobs().isPresent(),
            options.includeUsage(),
            options.serviceTier().isPresent() ? "default" : null);
    answer(exchange, replica, options, shape, TokenizeRequest.chat(replica, request), "messages");
  }

  private void text(Exchange exchange) throws InterruptedException {
    Replica replica = serving();
    requireJson(exchange);
    TextRequest request = TextRequest.read(json.read(exchange.body()));
    replica.requireModel(request.model());
    int[] prompt = TokenizeRequest.text(replica, request, true);
    var shape =
        new TextShape(
            json,
            replica,
            "cmpl-" + randomId(),
            clock.instant().getEpochSecond(),
            request.model(),
            request.options());
    answer(exchange, replica, request.options(), shape, prompt, "prompt");
  }

  private void answer(
      Exchange exchange,
      Replica replica,
      GenerationOptions options,
      AnswerShape shape,
      int[] prompt,
      String field)
      throws InterruptedException {
    exchange.header("x-comptroller-variant", replica.variant());
    try (TokenStream tokens =
        replica.submit(prompt, options, requestClass(exchange), exchange.id(), field)) {
      exchange.whenGone(tokens::cancel);
      var answering = new Answering(json, exchange, tokens, replica.tokenizer(), shape);
      if (options.stream()) {
        answering.stream(options.includeUsage(), prompt.length);
      } else {
        answering.whole();
      }
    }
  }

  private static RequestClass requestClass(Exchange exchange) {
    String name = exchange.requestHeader(Names.CLASS_HEADER);
    return switch (name) {
      case "", Names.CLASS_INTERACTIVE -> RequestClass.INTERACTIVE;
      case Names.CLASS_BATCH -> RequestClass.BATCH;
      default ->
          throw new ApiException(
              ApiError.invalid(
                  Names.CLASS_HEADER,
                  "The header '%s' must be '%s' or '%s', is '%s'"
                      .formatted(
                          Names.CLASS_HEADER,
                          Names.CLASS_INTERACTIVE,
                          Names.CLASS_BATCH,
                          cut(name))));
    };
  }

  private void model(Exchange exchange, String encoded) throws InterruptedException {
    Replica replica = serving();
    String id;
    try {
      id = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ApiError.invalid("model", "The model's name in the path is not URL-encoded: " + encoded));
    }
    replica.requireModel(id);
    answer(exchange, 200, ModelCard.of(id, replica.created()));
  }

  private static List<ModelCard> cards(Replica replica) {
    return replica.names().stream().map(name -> ModelCard.of(name, replica.created())).toList();
  }

  private void health(Exchange exchange, boolean ready) throws InterruptedException {
    Health health = Health.of(phase());
    boolean good = ready ? health.ready() : health.live();
    byte[] reason = (health.reason() + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.answer(good ? 200 : 503, "text/plain; charset=utf-8", reason);
  }

  private void metrics(Exchange exchange) throws InterruptedException {
    String page =
        switch (phase()) {
          case Phase.Loading _ -> metrics.page();
          case Phase.Serving(Replica replica) -> metrics.page(replica.loop().snapshot());
          case Phase.Draining(Replica replica) -> metrics.page(replica.loop().snapshot());
        };
    exchange.answer(200, TextFormat.CONTENT_TYPE_004, page.getBytes(StandardCharsets.UTF_8));
  }

  private Replica serving() {
    return switch (phase()) {
      case Phase.Serving(Replica replica) -> replica;
      case Phase.Draining(Replica replica) -> replica;
      case Phase.Loading(String model) ->
          throw new ApiException(
              ApiError.unavailable("loading", "The model is being loaded: " + model));
    };
  }

  private static void requireJson(Exchange exchange) {
    String type = exchange.requestHeader("content-type");
    int end = type.indexOf(';');
    String bare = (end < 0 ? type : type.substring(0, end)).strip();
    if (!bare.isEmpty() && !bare.equalsIgnoreCase(JSON)) {
      throw new ApiException(
          ApiError.refused(
              415,
              "unsupported_media_type",
              "Send the header 'content-type: application/json'; it is " + cut(bare)));
    }
  }

  private void answer(Exchange exchange, int status, Object body) throws InterruptedException {
    exchange.answer(status, JSON, json.write(body));
  }

  private void refuse(Exchange exchange, ApiError error) throws InterruptedException {
    if (error.retryAfterSeconds() > 0) {
      exchange.header("retry-after", String.valueOf(error.retryAfterSeconds()));
    }
    answer(exchange, error.status(), error.body());
  }

  private static String randomId() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  private static String cut(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
