package dev.comptroller.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port 70000|--port must be from 0 to 65535, is 70000",
        "--port x|Invalid value for option '--port': 'x' is not an int",
        "--max-sequences 0|--max-sequences must be from 1 to 256, is 0",
        "--max-sequences 9 --max-batched-tokens 8|--max-batched-tokens must be from 9 to",
        "--max-queued -1|--max-queued must be from 0 to",
        "--max-queue-millis -1|--max-queue-millis must be from 0 to",
        "--context-length -5|--context-length must be from 0 to",
        "--threads -1|--threads must be from 0 to 1024, is -1",
        "--engine cuda|Invalid value for option '--engine': expected one of [llama, vllm,",
        "--model-digest md5:00|sha256: and 64 hexadecimal digits, is 'md5:00'",
        "--served-model-name ''|--served-model-name must have 1 to 256 characters",
        "--gpus 0|--gpus must be from 1 to 1024, is 0",
        "--journal-millis 1|--journal-millis must be from 10 to",
        "--batch-step-millis 0|--batch-step-millis must be from 1 to",
        "--simulated-step-nanos -1|--simulated-* options: A negative time or answer: -1.0 ns",
        "--simulated-kv-cells 9|--simulated-* options: contextLength is 4096 and kvCells 9",
        "--simulated-token-nanos NaN|--simulated-* options: times must be numbers",
        "--simulated-load-millis -1|--simulated-load-millis must be 0 or more, is -1",
        "--engine vllm --model pom.xml|--model pom.xml is no folder; name the one that vLLM serves",
        "--engine vllm --model src --upstream 127|--upstream must be like http://127.0.0.1:8001, is",
        "--engine vllm --model src --upstream https://a:1|--upstream must be like http://127.0.0.1",
        "--speed 9|Unknown options: '--speed', '9'"
      })
  void shouldNameTheFlagThatIsWrong(String flags, String message) {
    var args = new ArrayList<>(List.of("--served-model-name", "m", "--variant", "v"));
    args.addAll(List.of("--engine", "simulated"));
    for (String flag : flags.split(" ")) {
      if (flag.equals("--engine")) {
        args.removeLast();
        args.removeLast();
      }
      args.add(flag.equals("''") ? "" : flag);
    }
    assertThat(complaint(args)).contains(message);
  }

  @Test
  void shouldNameFlagsThatAreMissing(@TempDir Path folder) {
    assertThat(complaint(List.of())).contains("'--served-model-name=NAME'", "'--variant=NAME'");
    List<String> named = List.of("--served-model-name", "m", "--variant", "v");
    assertThat(complaint(named)).contains("--model is missing: name a GGUF file");
    var absent = new ArrayList<>(named);
    absent.addAll(List.of("--model", folder.resolve("none.gguf").toString()));
    assertThat(complaint(absent)).contains("--model ", "none.gguf is no file that can be read");
  }

  @Test
  void shouldRefuseAFileWithAnotherDigest(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("model.gguf"), "abc");
    String sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    ModelDigest.parse("sha256:" + sum.toUpperCase(java.util.Locale.ROOT)).verify(file);
    assertThatThrownBy(() -> ModelDigest.parse("sha256:" + "0".repeat(64)).verify(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--model-digest is sha256:0000")
        .hasMessageContaining("its digest is sha256:" + sum + " (3 bytes)");
  }

  @Test
  void shouldReadAFileThroughBeforeItIsServed(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("model.gguf"), "abc");
    String sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    assertThat(prestage("--model", file.toString())).isZero();
    assertThat(prestage("--model", file.toString(), "--model-digest", "sha256:" + sum)).isZero();
    String other = "sha256:" + "0".repeat(64);
    assertThat(prestage("--model", file.toString(), "--model-digest", other)).isEqualTo(1);
    assertThat(prestage("--model", folder.resolve("none.gguf").toString())).isEqualTo(2);
    assertThat(prestage("--model", folder.toString())).as("a folder for vLLM").isZero();
    assertThat(prestage("--model", folder.toString(), "--model-digest", other)).isEqualTo(2);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(prestage("--model", empty.toString())).isEqualTo(1);
    assertThat(prestage()).isEqualTo(2);
  }

  private static int prestage(String... args) {
    var all = new ArrayList<>(List.of("--prestage"));
    all.addAll(List.of(args));
    return new CommandLine(new Prestage())
        .setErr(new PrintWriter(new StringWriter()))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void shouldFindTheNativesWhereTheyAreNamedElseInTheCache() {
    assertThat(Main.natives(Map.of("COMPTROLLER_NATIVES", "/n"))).isEqualTo(Path.of("/n"));
    assertThat(Main.natives(Map.of("COMPTROLLER_CACHE", "/c", "HOME", "/h")))
        .isEqualTo(Path.of("/c/natives/node-llama-cpp-linux-x64-3.22.1"));
    assertThat(Main.natives(Map.of("XDG_CACHE_HOME", "/x", "HOME", "/h")))
        .isEqualTo(Path.of("/x/comptroller/natives/node-llama-cpp-linux-x64-3.22.1"));
    assertThat(Main.natives(Map.of("HOME", "/h")))
        .isEqualTo(Path.of("/h/.cache/comptroller/natives/node-llama-cpp-linux-x64-3.22.1"));
  }

  private static String complaint(List<String> args) {
    var text = new StringWriter();
    int exit =
        new CommandLine(new Main())
            .setErr(new PrintWriter(text))
            .execute(args.toArray(String[]::new));
    assertThat(exit).as(text.toString()).isEqualTo(2);
    return text.toString();
  }
}
