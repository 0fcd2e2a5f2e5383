package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.Action.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// Carries out the actions of probes and hooks, on the caller's thread.
final class Actor {
  private static final int LONGEST_MESSAGE = 1024;

  private final ProcessGroups groups;
  private final SSLContext trusting;

  Actor(ProcessGroups groups) {
    this.groups = groups;
    try {
      trusting = SSLContext.getInstance("TLS");
      trusting.init(null, new TrustManager[] {new TrustEveryone()}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /// Does it and says how it went; never longer than about the timeout.
  Outcome perform(Action action, Duration timeout) throws InterruptedException {
    return switch (action) {
      case Action.Http http -> get(http, timeout);
      case Action.Tcp tcp -> connect(tcp, timeout);
      case Action.Exec exec -> run(exec, timeout);
      case Action.Sleep(Duration time) -> {
        Thread.sleep(time);
        yield Outcome.PASSED;
      }
      case Action.Unsupported(String reason) -> Outcome.failed(reason);
    };
  }

  private Outcome get(Action.Http http, Duration timeout) {
    int millis = (int) timeout.toMillis();
    try {
      var connection = (HttpURLConnection) http.target().toURL().openConnection();
      if (connection instanceof HttpsURLConnection secure) {
        // Kubernetes does not check the certificates of containers either.
        secure.setSSLSocketFactory(trusting.getSocketFactory());
        secure.setHostnameVerifier((name, session) -> true);
      }
      connection.setConnectTimeout(millis);
      connection.setReadTimeout(millis);
      connection.setUseCaches(false);
      connection.setRequestProperty("User-Agent", "kube-probe/1.35");
      connection.setRequestProperty("Accept", "*/*");
      connection.setRequestProperty("Connection", "close");
      http.headers().forEach(connection::setRequestProperty);
      try {
        int code = connection.getResponseCode();
        return code >= 200 && code < 400
            ? Outcome.PASSED
            : Outcome.failed(
                "HTTP probe failed with statuscode: "
                    + code
                    + " "
                    + text(connection.getErrorStream()));
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return Outcome.failed("Get \"" + http.target() + "\": " + e.getMessage());
    }
  }

  private static String text(@org.jspecify.annotations.Nullable InputStream body)
      throws IOException {
    if (body == null) {
      return "";
    }
    try (body) {
      return new String(body.readNBytes(LONGEST_MESSAGE), StandardCharsets.UTF_8).strip();
    }
  }

  private static Outcome connect(Action.Tcp tcp, Duration timeout) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(tcp.host(), tcp.port()), (int) timeout.toMillis());
      return Outcome.PASSED;
    } catch (IOException e) {
      return Outcome.failed("dial tcp " + tcp.host() + ":" + tcp.port() + ": " + e.getMessage());
    }
  }

  private Outcome run(Action.Exec exec, Duration timeout) throws InterruptedException {
    Process process;
    try {
      process = groups.start(exec.words(), exec.environment(), exec.directory());
    } catch (IOException e) {
      return Outcome.failed("cannot run " + exec.words() + ": " + e.getMessage());
    }
    var output = new StringBuilder();
    Thread reader = Thread.ofVirtual().start(() -> drain(process, output));
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return Outcome.failed("command timed out after " + timeout.toSeconds() + "s");
      }
      reader.join(Duration.ofMillis(200));
      synchronized (output) {
        return process.exitValue() == 0
            ? Outcome.PASSED
            : Outcome.failed("exit code " + process.exitValue() + ": " + output);
      }
    } finally {
      groups.end(process);
    }
  }

  private static void drain(Process process, StringBuilder output) {
    try (InputStream in = process.getInputStream()) {
      byte[] head = in.readNBytes(LONGEST_MESSAGE);
      synchronized (output) {
        output.append(new String(head, StandardCharsets.UTF_8).strip());
      }
      in.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The process is gone; what it said before is enough.
    }
  }

  private static final class TrustEveryone implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
