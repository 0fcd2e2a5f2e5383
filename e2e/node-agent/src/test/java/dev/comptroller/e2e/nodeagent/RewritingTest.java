package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Command lines: mount paths, variables, images.
class RewritingTest {
  private final MountPaths mounts =
      new MountPaths(
          Map.of(
              "/models", Path.of("/host/m"),
              "/models/private/", Path.of("/host/p"),
              "/", Path.of("/host/root")));

  @Test
  void shouldRewriteMountPathsWhereverTheyStartAPath() {
    assertThat(mounts.rewrite("/models")).isEqualTo("/host/m");
    assertThat(mounts.rewrite("--model=/models/a.gguf")).isEqualTo("--model=/host/m/a.gguf");
    assertThat(mounts.rewrite("cat /models/a>/models/b;ls"))
        .isEqualTo("cat /host/m/a>/host/m/b;ls");
    assertThat(mounts.rewrite("/x:/models:/y")).isEqualTo("/x:/host/m:/y");
  }

  @Test
  void shouldPreferTheLongestMountPath() {
    assertThat(mounts.rewrite("/models/private/key")).isEqualTo("/host/p/key");
    assertThat(mounts.rewrite("/models/privately")).isEqualTo("/host/m/privately");
  }

  @Test
  void shouldLeaveAloneWhatOnlyLooksAlike() {
    for (String word :
        List.of(
            "/models2",
            "/models-x/a",
            "http://h/models",
            "/my/models",
            "a/models",
            "models",
            "/")) {
      assertThat(mounts.rewrite(word)).isEqualTo(word);
    }
  }

  @Test
  void shouldPutThePodsAddressInPlaceOfLoopback() {
    var loopback = new Loopback("127.64.0.9");
    assertThat(
            loopback.rewrite(
                List.of(
                    "127.0.0.1",
                    "--host=127.0.0.1",
                    "http://127.0.0.1:8001/health",
                    "r.urlopen('http://127.0.0.1:8001')",
                    "127.0.0.1,127.0.0.1.")))
        .containsExactly(
            "127.64.0.9",
            "--host=127.64.0.9",
            "http://127.64.0.9:8001/health",
            "r.urlopen('http://127.64.0.9:8001')",
            "127.64.0.9,127.64.0.9.");
  }

  @Test
  void shouldLeaveOtherAddressesAlone() {
    var loopback = new Loopback("127.64.0.9");
    for (String word :
        List.of("127.0.0.10", "127.0.0.1.5", "1127.0.0.1", "0.127.0.0.1", "127x0x0x1", "$(HOST)")) {
      assertThat(loopback.rewrite(word)).isEqualTo(word);
    }
  }

  @Test
  void shouldExpandVariablesAsKubernetesDoes() {
    Map<String, String> variables = Map.of("A", "1", "B", "$(A)");
    assertThat(Expansion.expand("x$(A)y", variables)).isEqualTo("x1y");
    assertThat(Expansion.expand("$(B)", variables)).isEqualTo("$(A)");
    assertThat(Expansion.expand("$(NONE) $$(A) $A $", variables)).isEqualTo("$(NONE) $(A) $A $");
    assertThat(Expansion.expand("$(A", variables)).isEqualTo("$(A");
  }

  @Test
  void shouldFindAnImageByItsRepositoryOnAnyRegistry() {
    var images =
        new Images(List.of(ImageConfig.shell("acme/app"), ImageConfig.shell("ghcr.io/acme/other")));
    assertThat(images.find("acme/app")).isPresent();
    assertThat(images.find("ghcr.io/acme/app:1.2")).isPresent();
    assertThat(images.find("localhost:5000/acme/app@sha256:abc")).isPresent();
    assertThat(images.find("ghcr.io/acme/other:1")).isPresent();
    assertThat(images.find("quay.io/acme/other:1")).isEmpty();
    assertThat(images.find("someone/acme/app")).isEmpty();
    assertThat(images.unknown("x/y:1")).contains("\"x/y\"").contains("acme/app");
  }

  @Test
  void shouldKeepTheEntryPointUnlessTheImageIsAShell() {
    var program =
        new ImageConfig("p", List.of("java", "-jar"), List.of("default"), Map.of(), false, null);
    var shell = new ImageConfig("s", List.of("/bin/sh"), List.of("-i"), Map.of(), true, null);
    var plain = new ContainerBuilder().build();
    var both = new ContainerBuilder().withCommand("cmd").withArgs("a", "b").build();
    assertThat(Images.words(program, plain))
        .isEqualTo(new Images.Words(List.of("java", "-jar", "default"), List.of()));
    assertThat(Images.words(program, both))
        .isEqualTo(new Images.Words(List.of("java", "-jar"), List.of("a", "b")));
    assertThat(Images.words(shell, plain))
        .isEqualTo(new Images.Words(List.of("/bin/sh", "-i"), List.of()));
    var server =
        ImageConfig.program("vllm/vllm-openai", List.of("python3", "stand-in.py"), Map.of());
    var serving =
        new ContainerBuilder().withCommand("vllm", "serve").withArgs("/models/m", "--port").build();
    assertThat(new Images(List.of(server)).find("vllm/vllm-openai:v0.20.2")).contains(server);
    assertThat(Images.words(server, serving))
        .isEqualTo(
            new Images.Words(List.of("python3", "stand-in.py"), List.of("/models/m", "--port")));
    assertThat(Images.words(shell, both))
        .isEqualTo(new Images.Words(List.of(), List.of("cmd", "a", "b")));
  }
}
