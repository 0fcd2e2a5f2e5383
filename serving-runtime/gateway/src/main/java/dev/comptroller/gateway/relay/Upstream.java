package dev.comptroller.gateway.relay;

import dev.comptroller.protocol.routing.Route.Replica;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The connections to replicas: HTTP/1.1 over the JDK's client.
final class Upstream implements AutoCloseable {
  private final HttpClient client;
  private final Duration answerWithin;

  /// A client.
  ///
  /// @param connectWithin how long a connection may take
  /// @param answerWithin how long the head of an answer may take
  Upstream(Duration connectWithin, Duration answerWithin) {
    this.answerWithin = answerWithin;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(connectWithin)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory()))
            .build();
  }

  /// Sends a request once and waits for the head of the answer.
  Attempt post(
      Replica replica,
      String path,
      Map<String, String> headers,
      byte[] body,
      Cancellation cancellation)
      throws InterruptedException {
    CompletableFuture<HttpResponse<InputStream>> answer;
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://" + replica.address() + path))
              .timeout(answerWithin)
              .POST(BodyPublishers.ofByteArray(body));
      headers.forEach(request::setHeader);
      answer = client.sendAsync(request.build(), BodyHandlers.ofInputStream());
    } catch (IllegalArgumentException e) {
      return new Attempt.Unreachable("address " + replica.address() + ": " + e.getMessage());
    }
    cancellation.stopWith(() -> answer.cancel(true));
    try {
      HttpResponse<InputStream> response = answer.get();
      cancellation.stopWith(() -> closeQuietly(response.body()));
      return new Attempt.Answered(response);
    } catch (CancellationException _) {
      return new Attempt.Cancelled();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cancellation.cause() != null) {
        return new Attempt.Cancelled();
      }
      return neverConnected(cause)
          ? new Attempt.Unreachable(describe(cause))
          : new Attempt.Broken(describe(cause));
    }
  }

  /// An answer.
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Whole(int status, byte[] body) {}

  /// Asks a short question; empty if the whole answer is not there in time.
  Optional<Whole> ask(
      Replica replica, String path, byte[] body, Duration within, Cancellation cancellation)
      throws InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + replica.address() + path))
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofByteArray(body))
              .build();
      answer = client.sendAsync(request, BodyHandlers.ofByteArray());
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    cancellation.stopWith(() -> answer.cancel(true));
    try {
      HttpResponse<byte[]> response = answer.get(within.toNanos(), TimeUnit.NANOSECONDS);
      return Optional.of(new Whole(response.statusCode(), response.body()));
    } catch (CancellationException | ExecutionException | TimeoutException _) {
      answer.cancel(true);
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  static void closeQuietly(InputStream in) {
    try {
      in.close();
    } catch (IOException _) {
      // Closing is how an answer is abandoned; there is nothing left to do about it.
    }
  }

  /// What went wrong, by its innermost cause: the outer ones say no more than that it did.
  static String describe(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    String kind = cause.getClass().getSimpleName();
    return message == null ? kind : kind + ": " + message;
  }

  private static boolean neverConnected(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          || cause instanceof HttpConnectTimeoutException
          || cause instanceof NoRouteToHostException
          || cause instanceof UnknownHostException
          || cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }
}
