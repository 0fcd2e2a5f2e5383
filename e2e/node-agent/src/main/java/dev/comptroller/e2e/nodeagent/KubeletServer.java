package dev.comptroller.e2e.nodeagent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The part of the kubelet's HTTPS API that the API server and people use: `/healthz`, `/pods` and
/// `/containerLogs/NAMESPACE/POD/CONTAINER`. On loopback only, for whoever may use this machine.
final class KubeletServer implements AutoCloseable {
  private final Machinery machinery;
  private final Map<String, PodWorker> workers;
  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  KubeletServer(Machinery machinery, Map<String, PodWorker> workers) throws IOException {
    this.machinery = machinery;
    this.workers = workers;
    server = HttpsServer.create(new InetSocketAddress(PodAddresses.inet(Machinery.HOST_IP), 0), 64);
    server.setHttpsConfigurator(new HttpsConfigurator(Certificate.context(machinery.folder())));
    server.setExecutor(threads);
    server.createContext("/healthz", exchange -> answer(exchange, 200, "ok"));
    server.createContext("/pods", this::pods);
    server.createContext("/containerLogs/", this::logs);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private void pods(HttpExchange exchange) throws IOException {
    List<Pod> pods = workers.values().stream().map(PodWorker::pod).toList();
    String json =
        machinery
            .client()
            .getKubernetesSerialization()
            .asJson(new PodListBuilder().withItems(pods).build());
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private void logs(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    if (path.length != 5) {
      answer(exchange, 404, "ask for /containerLogs/NAMESPACE/POD/CONTAINER");
      return;
    }
    LogQuery query;
    try {
      query = LogQuery.parse(exchange.getRequestURI().getRawQuery(), machinery.clock().instant());
    } catch (IllegalArgumentException e) {
      answer(exchange, 400, String.valueOf(e.getMessage()));
      return;
    }
    String name = path[2] + "/" + path[3];
    Optional<PodWorker> worker =
        workers.values().stream().filter(w -> name.equals(nameOf(w.pod()))).findFirst();
    if (worker.isEmpty()) {
      answer(exchange, 404, "pod \"" + name + "\" not found");
      return;
    }
    if (!worker.get().hasContainer(path[4])) {
      answer(exchange, 404, "container " + path[4] + " not found in pod " + name);
      return;
    }
    Optional<ContainerLog> log = worker.get().log(path[4], query.previous());
    if (log.isEmpty()) {
      answer(
          exchange,
          400,
          query.previous()
              ? "previous terminated container \"%s\" in pod \"%s\" not found"
                  .formatted(path[4], name)
              : "container \"%s\" in pod \"%s\" is waiting to start".formatted(path[4], name));
      return;
    }
    stream(exchange, log.get(), query);
  }

  private static void stream(HttpExchange exchange, ContainerLog log, LogQuery query)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/plain");
    try (exchange) {
      exchange.sendResponseHeaders(200, 0);
      OutputStream out = exchange.getResponseBody();
      new LogReader(log, query, out).send();
      out.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String nameOf(Pod pod) {
    return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
