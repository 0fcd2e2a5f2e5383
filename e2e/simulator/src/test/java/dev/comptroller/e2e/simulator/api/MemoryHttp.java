package dev.comptroller.e2e.simulator.api;

import dev.comptroller.e2e.simulator.api.FakeApi.Answer;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.StandardHttpHeaders;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardWebSocketBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketResponse;
import io.fabric8.kubernetes.client.http.WebSocketUpgradeResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Fabric8's client over a session: everything happens on the caller's thread, before the call
/// returns.
final class MemoryHttp
    extends StandardHttpClient<MemoryHttp, MemoryHttp.Factory, MemoryHttp.Builder> {
  /// What a process learns of the shapes of objects; the same for all, so learned once.
  private static final KubernetesSerialization SHAPES = new KubernetesSerialization();

  private final Session session;

  private MemoryHttp(Builder builder, AtomicBoolean closed, Session session) {
    super(builder, closed);
    this.session = session;
  }

  /// A client that talks through `session`.
  static KubernetesClient client(Session session) {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://memory.invalid/")
            .withRequestRetryBackoffLimit(0)
            .withRequestTimeout(0)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(SHAPES)
        .withHttpClientFactory(new Factory(session))
        .withTaskExecutor(Runnable::run)
        .build();
  }

  @Override
  public CompletableFuture<WebSocketResponse> buildWebSocketDirect(
      StandardWebSocketBuilder builder, WebSocket.Listener listener) {
    URI uri = builder.asHttpRequest().uri();
    Socket socket = new Socket(session, listener);
    socket.watching =
        session.watch(uri.getPath(), query(uri), text -> listener.onMessage(socket, text));
    listener.onOpen(socket);
    return CompletableFuture.completedFuture(
        new WebSocketResponse(new WebSocketUpgradeResponse(builder.asHttpRequest(), 101), socket));
  }

  @Override
  public CompletableFuture<HttpResponse<AsyncBody>> consumeBytesDirect(
      StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    URI uri = request.uri();
    String type = Optional.ofNullable(request.getContentType()).orElse("");
    try {
      Answer answer =
          session.send(
              new Request(request.method(), uri.getPath(), query(uri), type, body(request)));
      byte[] bytes = answer.body().toString().getBytes(StandardCharsets.UTF_8);
      return CompletableFuture.completedFuture(
          new Response(request, answer.code(), new Body(consumer, bytes)));
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  protected void doClose() {
    session.kill();
  }

  private static String body(StandardHttpRequest request) throws IOException {
    return switch (request.body()) {
      case null -> "";
      case StandardHttpRequest.StringBodyContent text -> text.getContent();
      case StandardHttpRequest.ByteArrayBodyContent bytes ->
          new String(bytes.getContent(), StandardCharsets.UTF_8);
      case StandardHttpRequest.InputStreamBodyContent in ->
          new String(in.getContent().readAllBytes(), StandardCharsets.UTF_8);
      case StandardHttpRequest.BodyContent other -> throw new IOException("body " + other);
    };
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    if (uri.getRawQuery() != null) {
      for (String part : uri.getRawQuery().split("&")) {
        int equals = part.indexOf('=');
        query.put(part.substring(0, equals), decoded(part.substring(equals + 1)));
      }
    }
    return query;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /// Makes clients of a session.
  static final class Factory implements HttpClient.Factory {
    private final Session session;

    Factory(Session session) {
      this.session = session;
    }

    @Override
    public HttpClient.Builder newBuilder() {
      return new Builder(this);
    }
  }

  /// Builds clients of a session.
  static final class Builder extends StandardHttpClientBuilder<MemoryHttp, Factory, Builder> {
    Builder(Factory factory) {
      super(factory);
    }

    @Override
    public HttpClient build() {
      return new MemoryHttp(
          this, client == null ? new AtomicBoolean() : client.getClosed(), clientFactory.session);
    }

    @Override
    protected Builder newInstance(Factory factory) {
      return new Builder(factory);
    }
  }

  private static final class Socket implements WebSocket {
    private final Session session;
    private final WebSocket.Listener listener;
    private @Nullable Object watching;
    private boolean closed;

    Socket(Session session, WebSocket.Listener listener) {
      this.session = session;
      this.listener = listener;
    }

    @Override
    public boolean send(ByteBuffer buffer) {
      return false;
    }

    @Override
    public boolean sendClose(int code, @Nullable String reason) {
      if (!closed) {
        closed = true;
        if (watching != null) {
          session.unwatch(watching);
        }
        listener.onClose(this, code, reason == null ? "" : reason);
      }
      return true;
    }

    @Override
    public long queueSize() {
      return 0;
    }

    @Override
    public void request() {}
  }

  private static final class Body implements AsyncBody {
    private final AsyncBody.Consumer<List<ByteBuffer>> consumer;
    private final byte[] bytes;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean begun;

    Body(AsyncBody.Consumer<List<ByteBuffer>> consumer, byte[] bytes) {
      this.consumer = consumer;
      this.bytes = bytes;
    }

    @Override
    public void consume() {
      if (begun || done.isDone()) {
        return;
      }
      begun = true;
      try {
        consumer.consume(List.of(ByteBuffer.wrap(bytes)), this);
        done.complete(null);
      } catch (Exception e) {
        done.completeExceptionally(e);
      }
    }

    @Override
    public CompletableFuture<Void> done() {
      return done;
    }

    @Override
    public void cancel() {
      done.cancel(false);
    }
  }

  private static final class Response extends StandardHttpHeaders
      implements HttpResponse<AsyncBody> {
    private final HttpRequest request;
    private final int code;
    private final AsyncBody body;

    Response(HttpRequest request, int code, AsyncBody body) {
      super(Map.of("Content-Type", List.of("application/json")));
      this.request = request;
      this.code = code;
      this.body = body;
    }

    @Override
    public int code() {
      return code;
    }

    @Override
    public AsyncBody body() {
      return body;
    }

    @Override
    public HttpRequest request() {
      return request;
    }

    @Override
    public Optional<HttpResponse<?>> previousResponse() {
      return Optional.empty();
    }
  }
}
