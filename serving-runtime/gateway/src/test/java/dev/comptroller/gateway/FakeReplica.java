package dev.comptroller.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// A replica on a real socket that answers as a test tells it to.
final class FakeReplica implements AutoCloseable {
  /// What a replica got.
  record Got(String path, Map<String, String> headers, String body) {}

  /// Answers one request.
  interface Script {
    void answer(Got got, Wire wire) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final Script script;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int inputTokens = -1;
  final AtomicInteger counted = new AtomicInteger();
  final List<Got> got = new CopyOnWriteArrayList<>();
  final AtomicInteger running = new AtomicInteger();
  final AtomicInteger most = new AtomicInteger();
  final CountDownLatch clientLeft = new CountDownLatch(1);

  FakeReplica(Script script) throws IOException {
    this(0, script);
  }

  /// A replica at a port that another one had.
  FakeReplica(int port, Script script) throws IOException {
    this.script = script;
    this.server = new ServerSocket(port, 1_000, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /// Offers a tokenizer that counts every input as so many tokens; without it there is none.
  FakeReplica tokenizing(int tokens) {
    inputTokens = tokens;
    return this;
  }

  int port() {
    return server.getLocalPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      while (true) {
        Got request = read(in);
        if (request == null) {
          return;
        }
        if (request.path().equals("/tokenize")) {
          count(new Wire(socket));
          continue;
        }
        got.add(request);
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
          script.answer(request, new Wire(socket));
        } finally {
          running.decrementAndGet();
        }
      }
    } catch (IOException _) {
      // The gateway closed it, or the script did.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(socket);
    }
  }

  private void count(Wire wire) throws IOException {
    int tokens = inputTokens;
    if (tokens < 0) {
      wire.whole(404, "{}");
    } else {
      counted.incrementAndGet();
      wire.whole(200, "{\"tokens\":[1,2],\"count\":%d,\"max_model_len\":4096}".formatted(tokens));
    }
  }

  private static @org.jspecify.annotations.Nullable Got read(InputStream in) throws IOException {
    String first = line(in);
    if (first == null) {
      return null;
    }
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    return new Got(first.split(" ")[1], headers, body);
  }

  private static @org.jspecify.annotations.Nullable String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  /// The way back to the gateway.
  final class Wire {
    private final Socket socket;
    private final OutputStream out;

    Wire(Socket socket) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
    }

    void whole(int status, String body, String... headers) throws IOException {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\n");
      head.append("content-type: application/json\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      head.append("content-length: ").append(bytes.length).append("\r\n\r\n");
      out.write(head.toString().getBytes(StandardCharsets.UTF_8));
      out.write(bytes);
      out.flush();
    }

    void begin() throws IOException {
      String head =
          String.join(
              "\r\n",
              "HTTP/1.1 200 OK",
              "content-type: text/event-stream; charset=utf-8",
              "transfer-encoding: chunked",
              "x-engine: fake",
              "",
              "");
      out.write(head.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    void piece(String text) throws IOException {
      piece(text.getBytes(StandardCharsets.UTF_8));
    }

    void piece(byte[] bytes) throws IOException {
      out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
      out.write(bytes);
      out.write("\r\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    void end() throws IOException {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    /// Dies as a killed process does: what was sent arrives, then the connection ends.
    void die() throws IOException {
      socket.close();
    }

    /// Waits until the gateway closes the connection.
    void awaitClosed() throws IOException {
      try {
        while (socket.getInputStream().read() >= 0) {
          // Nothing is expected.
        }
      } finally {
        clientLeft.countDown();
      }
    }
  }

  /// One event of a chat stream.
  static String chunk(String content) {
    return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
        + "\"content\":\""
        + content
        + "\"},\"finish_reason\":null}]}\n\n";
  }

  /// The event that says why a chat stream stopped.
  static String stop() {
    return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  }

  /// The same event as the gateway passes it on: with what the answer cost.
  static String stop(String receipt) {
    return stop().replace("]}\n\n", "],\"x_comptroller\":" + receipt + "}\n\n");
  }

  /// A whole chat answer.
  static String answer(int prompt, int cached, int completion) {
    return """
        {"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
        "message":{"role":"assistant","content":"Paris.","refusal":null},"logprobs":null,\
        "finish_reason":"stop"}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,\
        "total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}}"""
        .formatted(prompt, completion, prompt + completion, cached);
  }

  static String usageComment(int prompt, int cached, int completion) {
    return ": comptroller-usage {\"prompt_tokens\":%d,\"cached_tokens\":%d,\"completion_tokens\":%d}\n\n"
        .formatted(prompt, cached, completion);
  }

  static final String DONE = "data: [DONE]\n\n";
}
