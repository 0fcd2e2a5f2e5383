package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.relay.ApiError;
import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.relay.ClientGone;
import dev.comptroller.gateway.relay.Downstream;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One request with its whole body, and the way to answer it from a virtual thread.
final class HttpExchange implements Downstream {
  private static final Pattern GOOD_REQUEST_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final byte[] body;
  private final @Nullable ApiError problem;
  private final String pathId;
  private final Duration writeWithin;
  private final Cancellation cancellation;
  private final String requestId;
  private final @Nullable StreamedBody streamed;
  private boolean begun;
  private @Nullable Credential credential;

  /// An exchange whose body has been read.
  ///
  /// @param problem why the body could not be taken; absent if it was
  /// @param pathId what `{id}` stands for in the path
  HttpExchange(
      HttpServerRequest request,
      byte[] body,
      @Nullable ApiError problem,
      String pathId,
      Duration writeWithin,
      Cancellation cancellation) {
    this(request, body, problem, pathId, writeWithin, cancellation, null);
  }

  /// An exchange whose body is read as it arrives.
  HttpExchange(
      HttpServerRequest request,
      StreamedBody streamed,
      String pathId,
      Duration writeWithin,
      Cancellation cancellation) {
    this(request, new byte[0], null, pathId, writeWithin, cancellation, streamed);
  }

  private HttpExchange(
      HttpServerRequest request,
      byte[] body,
      @Nullable ApiError problem,
      String pathId,
      Duration writeWithin,
      Cancellation cancellation,
      @Nullable StreamedBody streamed) {
    this.streamed = streamed;
    this.request = request;
    this.response = request.response();
    this.body = body;
    this.problem = problem;
    this.pathId = pathId;
    this.writeWithin = writeWithin;
    this.cancellation = cancellation;
    String given = request.getHeader("x-request-id");
    this.requestId =
        given != null && GOOD_REQUEST_ID.matcher(given).matches()
            ? given
            : "req_" + UUID.randomUUID();
  }

  String path() {
    return request.path();
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(request.getParam(name));
  }

  byte[] body() {
    return body;
  }

  /// The body as a stream: as it arrives, or from memory.
  InputStream bodyStream() {
    return streamed != null ? streamed : new ByteArrayInputStream(body);
  }

  /// Whether some of the body has not arrived, so that the connection cannot be used again.
  boolean unread() {
    return streamed != null && !streamed.over();
  }

  /// Lets what has not arrived of the body go by.
  void discard() {
    if (streamed != null) {
      streamed.discard();
    }
  }

  Optional<ApiError> problem() {
    return Optional.ofNullable(problem);
  }

  String pathId() {
    return pathId;
  }

  /// Notes who the client is.
  void identified(Credential proved) {
    credential = proved;
  }

  /// Who the client is; an endpoint that asks for a credential is reached with one only.
  Credential credential() {
    Credential proved = credential;
    if (proved == null) {
      throw new IllegalStateException(path() + " was reached without a credential");
    }
    return proved;
  }

  /// The client's request id, if it is a decent one, else one made here.
  String requestId() {
    return requestId;
  }

  /// Is cancelled when the client leaves.
  Cancellation cancellation() {
    return cancellation;
  }

  @Override
  public boolean begun() {
    return begun;
  }

  @Override
  public void respond(int status, Map<String, String> headers, byte[] answer) throws ClientGone {
    begun = true;
    try {
      response.setStatusCode(status);
      headers.forEach(response::putHeader);
      response.putHeader("x-request-id", requestId);
      if (problem != null || unread()) {
        response.putHeader("connection", "close");
      }
      await(response.end(Buffer.buffer(answer)));
    } catch (IllegalStateException e) {
      throw gone(e);
    }
  }

  void refuse(ApiError error) throws ClientGone {
    respond(error.status(), error.headersWith(Map.of()), error.body());
  }

  @Override
  public void begin(int status, Map<String, String> headers) throws ClientGone {
    begun = true;
    try {
      response.setStatusCode(status).setChunked(true);
      headers.forEach(response::putHeader);
      response.putHeader("x-request-id", requestId);
    } catch (IllegalStateException e) {
      throw gone(e);
    }
  }

  @Override
  public void write(byte[] piece) throws ClientGone {
    try {
      await(response.write(Buffer.buffer(piece)));
    } catch (IllegalStateException e) {
      throw gone(e);
    }
  }

  @Override
  public void end(Map<String, String> trailers) throws ClientGone {
    try {
      if (header("te").orElse("").contains("trailers")) {
        trailers.forEach(response::putTrailer);
      }
      await(response.end());
    } catch (IllegalStateException e) {
      throw gone(e);
    }
  }

  private void await(Future<Void> sent) throws ClientGone {
    try {
      var _ =
          sent.toCompletionStage()
              .toCompletableFuture()
              .get(writeWithin.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw gone(e);
    } catch (TimeoutException _) {
      var _ = request.connection().close();
      throw new ClientGone("the client read nothing for " + writeWithin.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw gone(e);
    }
  }

  private static ClientGone gone(Exception cause) {
    return new ClientGone(String.valueOf(cause.getMessage()));
  }
}
