package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HttpFrontTest {
  private static final Json JSON = new Json(1024);

  @Test
  void shouldGiveUpABodyThatDoesNotArrive() throws Exception {
    try (HttpFront front = open(e -> e.answer(200, "text/plain", new byte[0]))) {
      String answer =
          RawHttp.exchange(
              front.port(), "POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");

      assertThat(answer).startsWith("HTTP/1.1 408").contains("3 bytes did");
    }
  }

  @Test
  void shouldBreakOffAClientThatTakesNothing() throws Exception {
    var gone = new AtomicBoolean();
    HttpFront.Handler endless =
        exchange -> {
          exchange.whenGone(() -> gone.set(true));
          exchange.startEvents();
          byte[] event = new byte[16_384];
          while (exchange.event(event)) {}
        };
    try (HttpFront front = open(endless);
        Socket _ = RawHttp.open(front.port(), "GET /x HTTP/1.1\r\nhost: x\r\n\r\n")) {
      await().untilTrue(gone);
      await().until(() -> front.inFlight() == 0);
    }
  }

  @Test
  void shouldAnswer500AndGoOnWhenAHandlerFails() throws Exception {
    HttpFront.Handler failing =
        _ -> {
          throw new IllegalStateException("a secret");
        };
    try (HttpFront front = open(failing)) {
      for (int i = 0; i < 2; i++) {
        String answer =
            RawHttp.exchange(
                front.port(), "GET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 500").doesNotContain("secret");
      }
    }
  }

  @Test
  void shouldNameTheAddressThatItCannotListenOn() throws Exception {
    try (HttpFront front = open(_ -> {})) {
      var settings =
          new HttpFront.Settings(
              "127.0.0.1", front.port(), 1024, Duration.ofSeconds(1), Duration.ofSeconds(1));
      assertThatThrownBy(() -> HttpFront.open(settings, _ -> {}, JSON, System::nanoTime).close())
          .hasMessageContaining("cannot listen on 127.0.0.1:" + front.port());
    }
  }

  private static HttpFront open(HttpFront.Handler handler) throws Exception {
    var settings =
        new HttpFront.Settings(
            "127.0.0.1", 0, 1024, Duration.ofMillis(300), Duration.ofMillis(300));
    return HttpFront.open(settings, handler, JSON, System::nanoTime);
  }
}
