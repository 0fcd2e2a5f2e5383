package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.gateway.queue.order.Capacity;
import dev.comptroller.gateway.queue.order.Verdict;
import dev.comptroller.gateway.queue.order.WindowTest;
import dev.comptroller.gateway.queue.order.Work;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// `/v1/batches`, in OpenAI's shapes.
public final class BatchesApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> ENDPOINTS = Set.of("/v1/chat/completions", "/v1/completions");
  private static final int MOST_BODY = 64 * 1024;
  private static final int MOST_PAGE = 100;
  private static final int MOST_METADATA = 16;

  private final LiveTable table;
  private final FileStore files;
  private final BatchStore batches;
  private final ItemStore items;
  private final BatchReader reader;
  private final Function<String, Capacity> capacity;
  private final Limits limits;
  private final Clock clock;

  /// Batches over their stores.
  ///
  /// @param capacity what the idle slots of a model get done, as far as is known
  BatchesApi(
      LiveTable table,
      FileStore files,
      BatchStore batches,
      ItemStore items,
      BatchReader reader,
      Function<String, Capacity> capacity,
      Limits limits,
      Clock clock) {
    this.table = table;
    this.files = files;
    this.batches = batches;
    this.items = items;
    this.reader = reader;
    this.capacity = capacity;
    this.limits = limits;
    this.clock = clock;
  }

  /// What a client asks for.
  private record Wish(
      StoredFile file,
      String endpoint,
      String window,
      Duration length,
      @Nullable String metadata,
      @Nullable Long outputSeconds) {}

  /// `POST /v1/batches`.
  public Reply create(Ask ask)
      throws QueueRefused, IOException, SQLException, InterruptedException {
    Wish wish = wish(ask);
    Router router =
        table
            .current()
            .orElseThrow(
                () ->
                    new QueueRefused(
                        ApiError.unavailable(
                            "this gateway has no routing table yet", "no_routing_table")))
            .router();
    Optional<String> barred = Terms.notEligible(router, ask.owner().namespace(), ask.owner());
    if (barred.isPresent()) {
      throw new QueueRefused(ApiError.batchNotAllowed(barred.get(), null));
    }
    Instant now = clock.instant();
    Instant deadline = now.plus(wish.length());
    BatchReader.Survey survey =
        reader.survey(router, ask.owner(), wish.file().id(), wish.endpoint(), deadline);
    if (survey.lines() > limits.lines()) {
      throw QueueRefused.bad(
          "the file has more than %d lines: split it into batches of at most %d"
              .formatted(limits.lines(), limits.lines()),
          "input_file_id",
          "too_many_lines");
    }
    List<Route> routes = routes(router, survey.work().keySet());
    Window.require(wish.window(), wish.length(), routes);
    requirePrices(routes);
    Batch.Promise promise = promise(survey.work(), now);
    BatchStore.Submission submission =
        new BatchStore.Submission(
            ask.owner(),
            wish.endpoint(),
            wish.file().id(),
            wish.window(),
            wish.metadata(),
            now,
            deadline,
            wish.outputSeconds(),
            promise,
            routes.stream()
                .mapToInt(route -> route.batch().tariffPercent())
                .min()
                .orElse(Route.Batch.STANDARD.tariffPercent()),
            pins(routes));
    return new Reply.Json(
        BatchJson.of(
            batches
                .create(submission)
                .orElseThrow(() -> QueueRefused.notFound("file", wish.file().id()))));
  }

  /// `GET /v1/batches`.
  public Reply list(Ask ask) throws QueueRefused, SQLException {
    int limit = ask.limit(20, MOST_PAGE);
    String after = ask.parameter("after", "");
    Long start = after.isEmpty() ? null : Long.valueOf(find(ask.owner(), after).sequence());
    List<Batch> page = batches.list(ask.owner(), start, limit + 1);
    return Reply.page(page.stream().limit(limit).map(BatchJson::of).toList(), page.size() > limit);
  }

  /// `GET /v1/batches/{id}`.
  public Reply get(Ask ask) throws QueueRefused, SQLException {
    return new Reply.Json(BatchJson.of(find(ask.owner(), ask.id())));
  }

  /// `POST /v1/batches/{id}/cancel`.
  public Reply cancel(Ask ask) throws QueueRefused, SQLException, InterruptedException {
    Batch batch = find(ask.owner(), ask.id());
    batches.cancel(batch, clock.instant());
    Batch after = find(ask.owner(), ask.id());
    if (after.at().get(BatchState.CANCELLING) == null) {
      throw new QueueRefused(
          new ApiError(
              409,
              "batch %s is %s and cannot be cancelled any more"
                  .formatted(after.id(), after.state().word()),
              "invalid_request_error",
              "id",
              "batch_not_cancellable",
              Map.of()));
    }
    return new Reply.Json(BatchJson.of(after));
  }

  private Batch find(Owner owner, String id) throws QueueRefused, SQLException {
    return batches.find(owner, id).orElseThrow(() -> QueueRefused.notFound("batch", id));
  }

  private Wish wish(Ask ask) throws QueueRefused, IOException, SQLException {
    byte[] body = ask.body().readNBytes(MOST_BODY + 1);
    if (body.length > MOST_BODY) {
      throw QueueRefused.tooLarge("the body is longer than %d bytes".formatted(MOST_BODY));
    }
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (JacksonException e) {
      throw QueueRefused.bad("the body is not valid JSON: " + e.getOriginalMessage(), "body");
    }
    String endpoint = json.path("endpoint").asText("");
    if (!ENDPOINTS.contains(endpoint)) {
      throw QueueRefused.bad(
          "endpoint must be /v1/chat/completions or /v1/completions, is "
              + (endpoint.isEmpty() ? "absent" : InputLine.Reader.cut(endpoint)),
          "endpoint");
    }
    String window = json.path("completion_window").asText("");
    Duration length = Window.parse(window);
    String metadata = metadata(json.path("metadata"));
    JsonNode life = json.path("output_expires_after").path("seconds");
    Long outputSeconds =
        life.isMissingNode()
            ? null
            : Long.valueOf(
                FilesApi.life(life.asText(), "output_expires_after.seconds").toSeconds());
    String fileId = json.path("input_file_id").asText("");
    if (fileId.isEmpty()) {
      throw QueueRefused.bad(
          "input_file_id is missing: upload a file with purpose batch first", "input_file_id");
    }
    StoredFile file =
        files.find(ask.owner(), fileId).orElseThrow(() -> QueueRefused.notFound("file", fileId));
    if (!file.purpose().equals("batch")) {
      throw QueueRefused.bad(
          "input_file_id must be a file of purpose batch, is of purpose " + file.purpose(),
          "input_file_id");
    }
    return new Wish(file, endpoint, window, length, metadata, outputSeconds);
  }

  private static @Nullable String metadata(JsonNode metadata) throws QueueRefused {
    if (metadata.isMissingNode() || metadata.isNull()) {
      return null;
    }
    boolean good = metadata.isObject() && metadata.size() <= MOST_METADATA;
    for (Map.Entry<String, JsonNode> entry : metadata.properties()) {
      good &=
          entry.getKey().length() <= 64
              && entry.getValue().isTextual()
              && entry.getValue().textValue().length() <= 512;
    }
    if (!good) {
      throw QueueRefused.bad(
          "metadata must be an object of at most %d strings, names up to 64 and values up to 512 characters"
              .formatted(MOST_METADATA),
          "metadata");
    }
    return metadata.toString();
  }

  /// Work is charged at the price at submission, so there must be one.
  private static void requirePrices(List<Route> routes) throws QueueRefused {
    for (Route route : routes) {
      if (route.legs().stream().allMatch(leg -> leg.postedPrice() == null)) {
        throw new QueueRefused(
            ApiError.unavailable(
                "deployment %s has no posted price yet: submit the batch again when it has one"
                    .formatted(Router.fullName(route)),
                "price_unavailable"));
      }
    }
  }

  private static List<Route> routes(Router router, Set<String> models) {
    List<Route> routes = new ArrayList<>();
    for (String model : models) {
      if (router.resolve(model) instanceof Resolution.Found(Route route)) {
        routes.add(route);
      }
    }
    return routes;
  }

  private static List<Pin> pins(List<Route> routes) {
    List<Pin> pins = new ArrayList<>();
    for (Route route : routes) {
      for (Leg leg : route.legs()) {
        PostedPrice price = leg.postedPrice();
        if (price != null) {
          pins.add(new Pin(Router.fullName(route), leg.variant(), price));
        }
      }
    }
    return pins;
  }

  /// What can be promised: as little as for the model that is worst off.
  private Batch.Promise promise(Map<String, Work> work, Instant now)
      throws QueueRefused, SQLException {
    boolean kept = true;
    Instant estimated = now;
    List<String> reasons = new ArrayList<>();
    for (Map.Entry<String, Work> entry : work.entrySet()) {
      String model = entry.getKey();
      Verdict verdict =
          WindowTest.judge(items.promised(model), entry.getValue(), capacity.apply(model), now);
      switch (verdict) {
        case Verdict.Kept(Instant by) -> estimated = later(estimated, by);
        case Verdict.Doubtful(Instant by, String reason) -> {
          kept = false;
          estimated = later(estimated, by);
          reasons.add(model + ": " + reason);
        }
        case Verdict.Unmeasured(String reason) -> {
          kept = false;
          estimated = null;
          reasons.add(model + ": " + reason);
        }
        case Verdict.Impossible(_, String reason) ->
            throw QueueRefused.bad(
                "the completion window cannot be kept for %s: %s. Ask for a longer completion_window or for less"
                    .formatted(model, reason),
                "completion_window",
                "window_cannot_be_kept");
      }
    }
    String reason =
        reasons.isEmpty()
            ? "idle slots do the work that is queued by then in time"
            : String.join("; ", reasons);
    return new Batch.Promise(kept, reason, work.isEmpty() ? null : estimated);
  }

  private static @Nullable Instant later(@Nullable Instant a, Instant b) {
    return a == null || a.isAfter(b) ? a : b;
  }
}
