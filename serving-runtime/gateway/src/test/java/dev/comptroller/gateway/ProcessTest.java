package dev.comptroller.gateway;

import static dev.comptroller.gateway.FakeReplica.DONE;
import static dev.comptroller.gateway.FakeReplica.answer;
import static dev.comptroller.gateway.FakeReplica.chunk;
import static dev.comptroller.gateway.FakeReplica.stop;
import static dev.comptroller.gateway.FakeReplica.usageComment;
import static dev.comptroller.gateway.TestGateway.chat;
import static dev.comptroller.gateway.TestGateway.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.ledger.UsageLedger;
import dev.comptroller.gateway.ledger.UsageLine;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class ProcessTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Path route(FakeReplica replica) throws IOException {
    return Files.writeString(folder.resolve("table.json"), table(replica.address()));
  }

  @RepeatedTest(3)
  void shouldLoseNoLineOfACompletedResponseWhenItIsKilled() throws Exception {
    Set<String> completed = ConcurrentHashMap.newKeySet();
    Path data = folder.resolve("data");
    try (FakeReplica replica =
            new FakeReplica(
                (got, wire) -> {
                  if (got.body().contains("\"stream\":true")) {
                    wire.begin();
                    wire.piece(chunk("a") + stop() + usageComment(5, 0, 2) + DONE);
                    wire.end();
                  } else {
                    wire.whole(200, answer(5, 0, 2));
                  }
                });
        GatewayProcess gateway =
            new GatewayProcess(data, "--routing-file", route(replica).toString())) {
      for (int i = 0; i < 16; i++) {
        boolean stream = i % 2 == 0;
        String prefix = "c" + i + "-";
        Thread.ofVirtual().start(() -> ask(gateway, stream, prefix, completed));
      }
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> completed.size() > 500);
      gateway.process.destroyForcibly();
      assertThat(gateway.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    try (UsageLedger ledger = UsageLedger.open(data, Duration.ofSeconds(5))) {
      Set<String> booked =
          ledger.recent(1_000_000).stream().map(UsageLine::requestId).collect(Collectors.toSet());
      assertThat(completed).hasSizeGreaterThan(500).allMatch(booked::contains);
    }
  }

  /// Asks until the gateway is gone, noting every answer that came to its end.
  private static void ask(
      GatewayProcess gateway, boolean stream, String prefix, Set<String> completed) {
    try {
      for (int n = 0; ; n++) {
        HttpResponse<String> response = gateway.post(chat(stream), prefix + n);
        if (stream ? response.body().endsWith(DONE) : response.statusCode() == 200) {
          completed.add(prefix + n);
        }
      }
    } catch (IOException _) {
      // The gateway was killed.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shouldFinishRunningStreamsAndExitWithZeroWhenItIsToldToStop() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    Path data = folder.resolve("data");
    try (FakeReplica replica =
            new FakeReplica(
                (_, wire) -> {
                  wire.begin();
                  wire.piece(chunk("one"));
                  if (!told.await(10, TimeUnit.SECONDS)) {
                    wire.die();
                  }
                  wire.piece(chunk("two") + stop() + usageComment(5, 0, 2) + DONE);
                  wire.end();
                });
        GatewayProcess gateway =
            new GatewayProcess(data, "--routing-file", route(replica).toString());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> running = threads.submit(() -> gateway.post(chat(true), "long"));
      Awaitility.await().until(() -> replica.got.size() == 1);
      assertThat(gateway.ready()).isEqualTo(200);

      gateway.process.destroy();
      Awaitility.await().until(() -> gateway.ready() == 503);
      HttpResponse<String> late = gateway.post(chat(true), "late");
      assertThat(late.statusCode()).isEqualTo(503);
      assertThat(late.body()).contains("shutting_down");
      told.countDown();

      assertThat(running.get(10, TimeUnit.SECONDS).body()).endsWith(DONE);
      assertThat(gateway.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(gateway.process.exitValue()).isZero();
    }
    try (UsageLedger ledger = UsageLedger.open(data, Duration.ofSeconds(5))) {
      assertThat(ledger.recent(10)).extracting(UsageLine::requestId).contains("long", "late");
    }
  }

  @Test
  void shouldSayWhatIsWrongWithTheCommandLine() throws Exception {
    Path file = folder.resolve("data");
    Files.writeString(file, "a file, not a folder");
    assertThat(run("--data", folder.toString())).startsWith("2 ").contains("--routing-file");
    assertThat(run("--routing-file", "t.json")).startsWith("2 ").contains("--data");
    assertThat(run("--data", folder.toString(), "--routing-config-map", "only-a-name"))
        .startsWith("2 ")
        .contains("--routing-config-map must be NAMESPACE/NAME, is only-a-name");
    assertThat(run("--data", folder.toString(), "--routing-file", "t.json"))
        .startsWith("2 ")
        .contains("--routing-file needs --credentials-file, or --auth none for a trial");
    assertThat(run("--data", folder.toString(), "--routing-file", "t.json", "--auth", "maybe"))
        .startsWith("2 ")
        .contains("must be required or none, is maybe");
    assertThat(run("--data", file.toString(), "--routing-file", "t.json", "--auth", "none"))
        .startsWith("1 ")
        .contains(file.toString());
  }

  private static String run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(GatewayProcess.command());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + said;
  }
}
