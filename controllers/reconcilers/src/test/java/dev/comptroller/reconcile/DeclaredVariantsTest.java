package dev.comptroller.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.reconcile.desired.Engine;
import dev.comptroller.reconcile.desired.Rung;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DeclaredVariantsTest {
  private static final String H100 = "NVIDIA-H100-80GB-HBM3";

  private static Rung rung(
      Engine engine,
      int gpus,
      String claim,
      String path,
      @Nullable String digest,
      @Nullable Integer context,
      int sequences,
      int tokens) {
    return new Rung(
        "large", engine, "pool", gpus, claim, path, digest, context, sequences, tokens, 256, null);
  }

  private static String traits(Rung rung) {
    return DeclaredVariants.traits(rung, "FP8", H100);
  }

  @Test
  void shouldTellApartWhateverChangesTheSpeed() {
    Rung rung = rung(Engine.Vllm, 1, "models", "llama", null, null, 64, 2_048);
    List<String> all =
        List.of(
            traits(rung),
            DeclaredVariants.traits(rung, "BF16", H100),
            DeclaredVariants.traits(rung, "FP8", "NVIDIA-H200"),
            traits(rung(Engine.Bundled, 1, "models", "llama", null, null, 64, 2_048)),
            traits(rung(Engine.Vllm, 2, "models", "llama", null, null, 64, 2_048)),
            traits(rung(Engine.Vllm, 1, "others", "llama", null, null, 64, 2_048)),
            traits(rung(Engine.Vllm, 1, "models", "llama-70b", null, null, 64, 2_048)),
            traits(rung(Engine.Vllm, 1, "models", "llama", "sha256:1", null, 64, 2_048)),
            traits(rung(Engine.Vllm, 1, "models", "llama", null, 8_192, 64, 2_048)),
            traits(rung(Engine.Vllm, 1, "models", "llama", null, null, 65, 2_048)),
            traits(rung(Engine.Vllm, 1, "models", "llama", null, null, 64, 4_096)));
    assertThat(Set.copyOf(all)).hasSameSizeAs(all);
  }

  @Test
  void shouldTakeAnotherPoolOfTheSameGpusAndAnotherQueueForTheSame() {
    Set<String> all = new HashSet<>();
    for (String pool : List.of("spot", "reserved")) {
      for (int queued : new int[] {0, 500}) {
        all.add(
            traits(
                new Rung(
                    "large",
                    Engine.Vllm,
                    pool,
                    1,
                    "models",
                    "llama",
                    null,
                    null,
                    64,
                    2_048,
                    queued,
                    queued == 0 ? null : Duration.ofSeconds(1))));
      }
    }
    assertThat(all).hasSize(1);
  }
}
