package dev.comptroller.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Kills a [CrashWriter] at random and remembers what it had acknowledged.
final class CrashTrial {
  private final List<String> arguments;
  private final Map<String, String> environment;
  private final Random random = new Random(20_260_101);
  private final Set<String> held = new HashSet<>();
  private final Map<String, Long> settled = new HashMap<>();

  CrashTrial(List<String> arguments, Map<String, String> environment) {
    this.arguments = arguments;
    this.environment = environment;
  }

  /// Lets the writer acknowledge a random number of things, kills it, and reads what it still said.
  void runAndKill(int round) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            CrashWriter.class.getName(),
            "run" + round));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    StringBuilder strange = new StringBuilder();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      int until = 1 + random.nextInt(400);
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (take(line)) {
          until--;
        } else {
          strange.append(line).append('\n');
        }
        if (until == 0) {
          process.toHandle().destroyForcibly();
        }
      }
      assertThat(until).as("the writer ended by itself:\n" + strange).isLessThanOrEqualTo(0);
    }
    process.waitFor();
  }

  /// True for a whole line about an acknowledged operation.
  private boolean take(String line) {
    String[] words = line.split(" ", -1);
    if (words.length == 2 && words[0].equals("held") && words[1].matches("run\\d+-\\d+-\\d+")) {
      return held.add(words[1]);
    }
    if (words.length == 3 && words[0].equals("settled")) {
      assertThat(settled.put(words[1], Long.valueOf(words[2]))).isNull();
      return true;
    }
    return false;
  }

  /// Every acknowledged hold is there, every acknowledged charge is the charge.
  void check(ChargeLedger ledger) throws Exception {
    assertThat(held).isNotEmpty();
    assertThat(settled).isNotEmpty();
    for (String key : held) {
      assertThat(ledger.reserve(CrashWriter.reservation(key)))
          .as(key)
          .isInstanceOfSatisfying(
              Reserved.Replayed.class,
              replayed -> {
                if (settled.containsKey(key)) {
                  assertThat(replayed.state()).as(key).isEqualTo(HoldState.SETTLED);
                  assertThat(replayed.micros()).as(key).isEqualTo(settled.get(key));
                  assertThat(replayed.line()).as(key).isEqualTo(key);
                }
              });
    }
  }

  /// The sum of all usage lines, each once.
  long charged(ChargeLedger ledger) throws Exception {
    Set<String> ids = new HashSet<>();
    long sum = 0;
    for (UsageLine line : ledger.recent(1_000_000)) {
      assertThat(ids.add(line.id())).as(line.id()).isTrue();
      sum += line.chargeMicros() == null ? 0 : line.chargeMicros();
    }
    assertThat(ids).containsAll(settled.keySet());
    return sum;
  }
}
