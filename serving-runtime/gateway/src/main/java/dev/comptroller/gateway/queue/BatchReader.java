package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.gateway.queue.order.Work;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Route;
import java.io.IOException;
import java.io.InputStream;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Reads input files: once at submission, to judge the work in them, and once more to queue it.
///
/// A line that cannot run goes to the batch's error file and costs the others nothing.
final class BatchReader {
  private static final int CHUNK = 1_000;
  private static final int MOST_ERRORS = 100;

  private final FileStore files;
  private final ItemStore items;
  private final BatchStore batches;
  private final Limits limits;
  private final Clock clock;

  BatchReader(FileStore files, ItemStore items, BatchStore batches, Limits limits, Clock clock) {
    this.files = files;
    this.items = items;
    this.batches = batches;
    this.limits = limits;
    this.clock = clock;
  }

  /// What is in a file.
  ///
  /// @param lines that are not blank
  /// @param good those that can run
  /// @param work of them by model
  record Survey(int lines, int good, Map<String, Work> work) {}

  /// Judges a file; stops at the first line too many.
  Survey survey(Router router, Owner owner, String file, String endpoint, Instant deadline)
      throws IOException {
    Map<String, Work> work = new TreeMap<>();
    int count = 0;
    int good = 0;
    InputLine.Reader reader = new InputLine.Reader(endpoint, limits.line());
    try (InputStream in = files.open(file)) {
      InputLines lines = new InputLines(in, limits.line());
      for (Optional<InputLines.Line> line = lines.next();
          line.isPresent() && count <= limits.lines();
          line = lines.next()) {
        count++;
        if (reader.read(line.get()) instanceof InputLine.Good input
            && Terms.of(router, owner, input.model())
                instanceof Terms.Meaning.Allowed(Route route)) {
          good++;
          long tokens = input.tokens();
          work.merge(
              Router.fullName(route),
              new Work(deadline, tokens, tokens),
              (a, b) ->
                  new Work(deadline, a.tokens() + b.tokens(), Math.max(a.largest(), b.largest())));
        }
      }
    }
    return new Survey(count, good, work);
  }

  /// Queues the lines of a batch; begins anew if an earlier start was cut off.
  void queue(Batch batch, Router router) throws IOException, SQLException, InterruptedException {
    items.forget(batch);
    ArrayNode errors = JsonNodeFactory.instance.arrayNode();
    boolean any = false;
    Set<String> ids = new HashSet<>();
    InputLine.Reader reader = new InputLine.Reader(batch.endpoint(), limits.line());
    try (InputStream in = files.open(batch.inputFile())) {
      InputLines lines = new InputLines(in, limits.line());
      List<ItemStore.Read> chunk = new ArrayList<>();
      for (Optional<InputLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        ItemStore.Read read = read(batch, router, line.get(), reader.read(line.get()), ids, errors);
        any |= read.error() == null;
        chunk.add(read);
        if (chunk.size() == CHUNK) {
          if (!items.add(batch, chunk)) {
            return;
          }
          chunk.clear();
        }
      }
      if (!items.add(batch, chunk)) {
        return;
      }
    }
    if (any) {
      items.release(batch, clock.instant());
    } else {
      ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
      list.set("data", errors);
      batches.fail(batch, list.toString(), clock.instant());
    }
  }

  private static ItemStore.Read read(
      Batch batch,
      Router router,
      InputLines.Line line,
      InputLine input,
      Set<String> ids,
      ArrayNode errors) {
    InputLine.Bad bad;
    switch (input) {
      case InputLine.Bad wrong -> bad = wrong;
      case InputLine.Good good when !ids.add(good.customId()) ->
          bad =
              new InputLine.Bad(
                  good.customId(),
                  "duplicate_custom_id",
                  "custom_id %s is there twice, the first one runs"
                      .formatted(InputLine.Reader.cut(good.customId())),
                  "custom_id");
      case InputLine.Good good -> {
        switch (Terms.of(router, batch.owner(), good.model())) {
          case Terms.Meaning.Allowed(Route route) -> {
            return new ItemStore.Read(
                line.number(),
                line.start(),
                line.length(),
                good.customId(),
                Router.fullName(route),
                Terms.payer(batch.owner(), route),
                good.tokens(),
                null);
          }
          case Terms.Meaning.Denied(String code, String message) ->
              bad = new InputLine.Bad(good.customId(), code, message, "body.model");
        }
      }
    }
    if (errors.size() < MOST_ERRORS) {
      errors
          .addObject()
          .put("code", bad.code())
          .put("message", bad.message())
          .put("param", bad.param())
          .put("line", line.number());
    }
    String requestId =
        "batch_req_%s_%d".formatted(batch.id().substring("batch_".length()), line.number());
    return new ItemStore.Read(
        line.number(),
        line.start(),
        line.length(),
        bad.customId(),
        "",
        "",
        0,
        BatchJson.failed(
            requestId, bad.customId(), bad.code(), bad.message(), bad.param(), line.number()));
  }
}
