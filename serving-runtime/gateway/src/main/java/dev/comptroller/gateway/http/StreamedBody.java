package dev.comptroller.gateway.http;

import dev.comptroller.gateway.relay.Cancellation;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The body of a request as it arrives: the client is slowed down to the speed of the reader, and
/// never more than one piece is held.
final class StreamedBody extends InputStream {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Buffer END = Buffer.buffer();

  private final HttpServerRequest request;
  private final Context context;
  private final Duration pieceWithin;
  private final Cancellation cancellation;
  private final LinkedBlockingQueue<Buffer> pieces = new LinkedBlockingQueue<>();
  private byte[] piece = new byte[0];
  private int at;
  private boolean asked;
  private volatile boolean over;
  private volatile boolean discarding;

  /// The body of a request whose handlers are not set yet; runs on the event loop.
  ///
  /// @param pieceWithin how long a piece may take to arrive
  StreamedBody(
      HttpServerRequest request, Vertx vertx, Duration pieceWithin, Cancellation cancellation) {
    this.request = request;
    this.context = vertx.getOrCreateContext();
    this.pieceWithin = pieceWithin;
    this.cancellation = cancellation;
    request.pause();
    request.handler(
        buffer -> {
          if (!discarding) {
            pieces.add(buffer);
          }
        });
    request.endHandler(
        _ -> {
          over = true;
          pieces.add(END);
        });
  }

  /// Whether all of it has arrived.
  boolean over() {
    return over;
  }

  /// Lets the rest go by unread.
  void discard() {
    discarding = true;
    context.runOnContext(_ -> request.resume());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int off, int len) throws IOException {
    if (len == 0) {
      return 0;
    }
    while (at == piece.length) {
      Buffer next = next();
      if (next == END) {
        pieces.add(END);
        return -1;
      }
      piece = next.getBytes();
      at = 0;
      asked = false;
    }
    int n = Math.min(len, piece.length - at);
    System.arraycopy(piece, at, to, off, n);
    at += n;
    return n;
  }

  private Buffer next() throws IOException {
    if (!asked && !over) {
      asked = true;
      context.runOnContext(_ -> request.fetch(1));
    }
    try {
      for (long waited = 0; waited < pieceWithin.toMillis(); waited += LOOK.toMillis()) {
        @Nullable Buffer next = pieces.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (next != null) {
          return next;
        }
        if (cancellation.cause() != null) {
          throw new IOException("the client left before the end of the body");
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the body arrived");
    }
    throw new IOException(
        "nothing of the body arrived for %d s".formatted(pieceWithin.toSeconds()));
  }
}
