package dev.comptroller.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.ClientGone;
import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Legs;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.routing.Route;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `GET /v1/models` and `GET /v1/models/{id}`: every model that the client may ask for,
/// ready or not.
final class Models {
  private final LiveTable table;
  private final Clock clock;

  Models(LiveTable table, Clock clock) {
    this.table = table;
    this.clock = clock;
  }

  static ApiError notFound(String model) {
    return new ApiError(
        404,
        "model %s does not exist: GET /v1/models lists those that do".formatted(model),
        "invalid_request_error",
        "model",
        "model_not_found",
        Map.of());
  }

  static ApiError ambiguous(String model, List<String> candidates) {
    return ApiError.badRequest(
        "model %s is in more than one namespace: use one of %s"
            .formatted(model, String.join(", ", candidates)),
        "model",
        "model_ambiguous");
  }

  void list(HttpExchange exchange) throws ClientGone {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    Credential credential = exchange.credential();
    router.ifPresent(
        now ->
            now.routes().stream()
                .filter(route -> Callers.sees(credential, credential.features(), route))
                .forEach(route -> data.add(model(now, credential, route))));
    send(exchange, answer);
  }

  void one(HttpExchange exchange) throws ClientGone {
    String id;
    try {
      id = URLDecoder.decode(exchange.pathId().replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      exchange.refuse(notFound(exchange.pathId()));
      return;
    }
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    if (router.isEmpty()) {
      exchange.refuse(notFound(id));
      return;
    }
    Credential credential = exchange.credential();
    switch (Callers.resolve(router.get(), id, credential, credential.features())) {
      case Resolution.Found(Route route) -> send(exchange, model(router.get(), credential, route));
      case Resolution.Unknown(String name) -> exchange.refuse(notFound(name));
      case Resolution.Ambiguous(String name, List<String> candidates) ->
          exchange.refuse(ambiguous(name, candidates));
    }
  }

  private ObjectNode model(Router router, Credential credential, Route route) {
    String payer = credential.anybody() ? route.namespace() : credential.namespace();
    ObjectNode model =
        JsonNodeFactory.instance
            .objectNode()
            .put("id", Router.fullName(route))
            .put("object", "model")
            .put("created", 0)
            .put("owned_by", route.namespace())
            .put("variant", route.activeVariant())
            .put(
                "replicas",
                Legs.open(route.legs()).stream().mapToInt(leg -> leg.replicas().size()).sum());
    switch (Admission.of(
        route, router.account(payer), credential.features().getFirst(), clock.instant())) {
      case Admission.Admitted _ -> model.put("ready", true);
      case Admission.Awaited awaited -> model.put("ready", false).put("reason", awaited.message());
      case Admission.NotReady(_, String message) ->
          model.put("ready", false).put("reason", message);
      case Admission.NotFunded(String message, _) ->
          model.put("ready", false).put("reason", message);
      case Admission.VariantUnavailable(String message) ->
          model.put("ready", false).put("reason", message);
    }
    return model;
  }

  private static void send(HttpExchange exchange, ObjectNode answer) throws ClientGone {
    exchange.respond(
        200,
        Map.of("content-type", "application/json"),
        answer.toString().getBytes(StandardCharsets.UTF_8));
  }
}
