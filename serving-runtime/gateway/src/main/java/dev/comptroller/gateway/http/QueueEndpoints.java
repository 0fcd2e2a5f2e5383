package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.gateway.queue.Ask;
import dev.comptroller.gateway.queue.BatchQueue;
import dev.comptroller.gateway.queue.Owner;
import dev.comptroller.gateway.queue.QueueRefused;
import dev.comptroller.gateway.queue.Reply;
import dev.comptroller.gateway.queue.StoredFile;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.ClientGone;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;

/// `/v1/files` and `/v1/batches`, and the queue as the cluster's operators see it.
final class QueueEndpoints {
  private static final Logger LOG = System.getLogger(QueueEndpoints.class.getName());
  private static final int PIECE = 64 * 1024;

  private final BatchQueue queue;
  private final Drain drain;

  QueueEndpoints(BatchQueue queue, Drain drain) {
    this.queue = queue;
    this.drain = drain;
  }

  /// What answers a request about files or batches.
  @FunctionalInterface
  interface Action {
    /// Does what was asked.
    Reply run(BatchQueue queue, Ask ask)
        throws QueueRefused, IOException, SQLException, InterruptedException;
  }

  /// An endpoint's handler.
  Endpoint.Handler of(Action action) {
    return exchange -> {
      if (!drain.enter()) {
        exchange.refuse(
            ApiError.unavailable("this gateway is shutting down, try again", "shutting_down"));
        return;
      }
      try {
        serve(exchange, action);
      } finally {
        drain.leave();
      }
    };
  }

  private void serve(HttpExchange exchange, Action action) throws ClientGone, InterruptedException {
    Reply reply;
    try {
      if (exchange.problem().isPresent()) {
        throw new QueueRefused(exchange.problem().get());
      }
      reply =
          action.run(
              queue,
              new Ask(
                  owner(exchange),
                  exchange.pathId(),
                  exchange.header("content-type").orElse(""),
                  exchange.bodyStream(),
                  exchange::parameter));
    } catch (QueueRefused e) {
      exchange.refuse(e.error());
      return;
    } catch (IOException | SQLException e) {
      LOG.log(Level.ERROR, "{0}: {1}", exchange.path(), e.getMessage());
      exchange.refuse(
          ApiError.unavailable(
              "files and batches cannot be kept at the moment: " + e.getMessage(),
              "queue_unavailable"));
      return;
    }
    send(exchange, reply);
  }

  private static void send(HttpExchange exchange, Reply reply) throws ClientGone {
    switch (reply) {
      case Reply.Json(var document) ->
          exchange.respond(
              200,
              Map.of("content-type", "application/json"),
              document.toString().getBytes(StandardCharsets.UTF_8));
      case Reply.Content(StoredFile file, InputStream bytes) -> {
        try (bytes) {
          exchange.begin(
              200,
              Map.of(
                  "content-type",
                  "application/octet-stream",
                  "content-disposition",
                  "attachment; filename=\"%s.jsonl\"".formatted(file.id())));
          for (byte[] piece = bytes.readNBytes(PIECE);
              piece.length > 0;
              piece = bytes.readNBytes(PIECE)) {
            exchange.write(piece);
          }
          exchange.end(Map.of());
        } catch (IOException e) {
          throw new UncheckedIOException("a file broke off", e);
        }
      }
    }
  }

  private static Owner owner(HttpExchange exchange) throws QueueRefused {
    try {
      Credential credential = exchange.credential();
      var _ = Callers.tier(credential, TrafficClass.BATCH.word());
      return Owner.of(
          credential, Callers.feature(credential, exchange.header(Callers.FEATURE_HEADER)));
    } catch (RequestFields.Refused e) {
      throw new QueueRefused(e.error());
    }
  }

  /// `GET /queue` of the admin port.
  void overview(HttpExchange exchange) throws ClientGone {
    try {
      send(exchange, queue.overview());
    } catch (SQLException e) {
      exchange.refuse(
          ApiError.unavailable("the queue cannot be read: " + e.getMessage(), "queue_unavailable"));
    }
  }
}
