package dev.comptroller.server;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One request and its answer, written by one virtual thread in plain blocking calls.
///
/// When the client is gone, the code given to [#whenGone] runs at once, even while nothing is being
/// written. A client that takes nothing for long counts as gone.
final class Exchange {
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final byte[] body;
  private final String id;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private final Duration clientPatience;
  private final ReentrantLock lock = new ReentrantLock();
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean gone;
  private @Nullable Runnable whenGone;

  /// Must be made on the connection's event loop.
  ///
  /// @param clientPatience how long a client may take nothing before it counts as gone
  Exchange(
      HttpServerRequest request,
      byte[] body,
      String id,
      LongSupplier nanoClock,
      Duration clientPatience) {
    this.request = request;
    this.response = request.response();
    this.body = body;
    this.id = id;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.clientPatience = clientPatience;
    response.exceptionHandler(_ -> lost());
    response.closeHandler(_ -> lost());
    response.drainHandler(_ -> wake.release());
  }

  /// What the client or we call the request.
  String id() {
    return id;
  }

  String method() {
    return request.method().name();
  }

  String path() {
    return request.path();
  }

  /// The value of a header; empty when it is absent.
  String requestHeader(String name) {
    String value = request.getHeader(name);
    return value == null ? "" : value;
  }

  byte[] body() {
    return body;
  }

  /// Whether the client went away before its answer ended.
  boolean isGone() {
    return gone;
  }

  /// Whether a part of the answer is on its way already.
  boolean isStarted() {
    return response.headWritten();
  }

  /// What to do when the client goes away; at once if it has.
  void whenGone(Runnable action) {
    lock.lock();
    try {
      if (!gone) {
        whenGone = action;
        return;
      }
    } finally {
      lock.unlock();
    }
    action.run();
  }

  /// Adds a header to the answer.
  Exchange header(String name, String value) {
    response.putHeader(name, value);
    return this;
  }

  /// Answers with a whole body and waits until it is sent.
  void answer(int status, String contentType, byte[] content) throws InterruptedException {
    head(status, contentType);
    await(response.end(Buffer.buffer(content)));
  }

  /// Begins an answer of server-sent events.
  void startEvents() {
    response.setChunked(true);
    header("cache-control", "no-cache");
    header("x-accel-buffering", "no");
    head(200, "text/event-stream; charset=utf-8");
  }

  /// Sends one event now.
  ///
  /// @return whether the client is still there
  boolean event(byte[] data) throws InterruptedException {
    if (gone) {
      return false;
    }
    Buffer event = Buffer.buffer(data.length + 8);
    event.appendString("data: ").appendBytes(data).appendString("\n\n");
    return write(event);
  }

  /// Sends one comment between events, which clients ignore.
  ///
  /// @param line begins with a colon
  /// @return whether the client is still there
  boolean comment(String line) throws InterruptedException {
    return !gone && write(Buffer.buffer(line + "\n\n"));
  }

  private boolean write(Buffer piece) throws InterruptedException {
    response.write(piece).onFailure(_ -> lost());
    return awaitRoom();
  }

  /// Ends an answer of events and waits until it is sent.
  void endEvents() throws InterruptedException {
    if (!gone) {
      await(response.end());
    }
  }

  /// Breaks the connection off.
  void abort() {
    request.connection().close();
    lost();
  }

  private void head(int status, String contentType) {
    response.setStatusCode(status);
    header("content-type", contentType);
    header("x-request-id", id);
    long millis = TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong() - startNanos);
    header("openai-processing-ms", String.valueOf(millis));
  }

  private boolean awaitRoom() throws InterruptedException {
    while (!gone && response.writeQueueFull()) {
      if (!wake.tryAcquire(clientPatience.toMillis(), TimeUnit.MILLISECONDS)) {
        abort();
      }
    }
    return !gone;
  }

  private void await(Future<Void> sent) throws InterruptedException {
    var done = new CountDownLatch(1);
    sent.onComplete(_ -> done.countDown());
    if (!done.await(clientPatience.toMillis(), TimeUnit.MILLISECONDS)) {
      abort();
    }
  }

  private void lost() {
    Runnable action;
    lock.lock();
    try {
      if (gone || response.ended()) {
        return;
      }
      gone = true;
      action = whenGone;
    } finally {
      lock.unlock();
    }
    wake.release();
    if (action != null) {
      action.run();
    }
  }
}
