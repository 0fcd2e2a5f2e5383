package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class AdminPortTest {
  private static final String HOST = "127.0.0.1";

  private final List<String> seen = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private HttpServer gateway;

  @BeforeEach
  void start() throws IOException {
    gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    gateway.createContext(
        "/",
        exchange -> {
          seen.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          byte[] body = "text".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    gateway.start();
  }

  @AfterEach
  void stop() {
    gateway.stop(0);
  }

  @Test
  void shouldShowTheTokenAsItIsNowWhereRequestsAreListedAndNoneForMetrics(@TempDir Path folder)
      throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "first\n");
    AdminPort port = new AdminPort(gateway.getAddress().getPort(), token);
    assertThat(port.get(HOST, "/metrics")).hasValue("text");
    assertThat(port.get(HOST, "/queue")).hasValue("text");
    Files.writeString(token, "renewed\n");
    assertThat(port.get(HOST, "/queue")).hasValue("text");
    port.close();
    assertThat(seen)
        .containsExactly("/metrics null", "/queue Bearer first", "/queue Bearer renewed");
  }

  @Test
  void shouldAskWithoutATokenWhereNoneIsGiven() throws Exception {
    AdminPort port = new AdminPort(gateway.getAddress().getPort(), null);
    assertThat(port.get(HOST, "/queue")).hasValue("text");
    port.close();
    assertThat(seen).containsExactly("/queue null");
  }

  @Test
  void shouldTakeNothingFromAGatewayThatRefusesAndNameATokenThatIsMissing(@TempDir Path folder)
      throws Exception {
    AdminPort port = new AdminPort(gateway.getAddress().getPort(), folder.resolve("none"));
    assertThatThrownBy(() -> port.get(HOST, "/queue"))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none");
    status = 403;
    assertThat(port.get(HOST, "/metrics")).isEmpty();
    port.close();
  }
}
