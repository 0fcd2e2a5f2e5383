package dev.comptroller.reconcile.charges;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The admin ports of gateways by HTTP: 2 seconds and 8 MiB each.
///
/// What lists requests is asked for with the token in a file, which is read each time because it is
/// renewed there; metrics are open.
final class AdminPort implements ChargeScrape.Admin {
  private static final Logger LOG = LoggerFactory.getLogger(AdminPort.class);
  private static final int PORT = 9090;
  private static final String OPEN = "/metrics";
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int MAX_BYTES = 8 << 20;

  private final int port;
  private final @Nullable Path token;
  private final AtomicBoolean refused = new AtomicBoolean();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /// @param token file with a service-account token; absent where gateways let everybody in
  AdminPort(@Nullable Path token) {
    this(PORT, token);
  }

  AdminPort(int port, @Nullable Path token) {
    this.port = port;
    this.token = token;
  }

  @Override
  public Optional<String> get(String host, String path) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path))
            .timeout(TIMEOUT)
            .header("Accept", "text/plain;version=0.0.4, application/json;q=0.9");
    if (token != null && !path.equals(OPEN)) {
      request.header("Authorization", "Bearer " + read(token));
    }
    HttpResponse<InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    tell(host, path, response.statusCode());
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(MAX_BYTES + 1);
      return response.statusCode() == 200 && bytes.length <= MAX_BYTES
          ? Optional.of(new String(bytes, StandardCharsets.UTF_8))
          : Optional.empty();
    }
  }

  private String read(Path file) throws IOException {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      if (refused.compareAndSet(false, true)) {
        LOG.warn("COMPTROLLER_GATEWAY_TOKEN_FILE: cannot read {}: {}", file, e.toString());
      }
      throw e;
    }
  }

  /// Warns once that a gateway does not let this operator in, until one does again.
  private void tell(String host, String path, int status) {
    if (status == 401 || status == 403) {
      if (refused.compareAndSet(false, true)) {
        LOG.warn(
            "the gateway at {} answers {} to {}: its --admin-account must name this operator's"
                + " service account, and COMPTROLLER_GATEWAY_TOKEN_FILE a token of it",
            host,
            status,
            path);
      }
    } else if (!path.equals(OPEN)) {
      refused.set(false);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
