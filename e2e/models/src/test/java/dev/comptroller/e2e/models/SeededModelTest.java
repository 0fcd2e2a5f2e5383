package dev.comptroller.e2e.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

class SeededModelTest {
  private static final ModelShape MINI = new ModelShape("mini", 2, 64, 2, 1, 96, 600, 256);

  @Test
  void shouldDescribeALlamaModelThatSaysItIsAStandIn() throws IOException {
    var file = new GgufReader(bytes(MINI, TensorType.F16, 1));

    assertThat(file.version).isEqualTo(3);
    assertThat(file.metadata)
        .containsEntry("general.architecture", "llama")
        .containsEntry("llama.block_count", 2)
        .containsEntry("llama.context_length", 256)
        .containsEntry("llama.embedding_length", 64)
        .containsEntry("llama.feed_forward_length", 96)
        .containsEntry("llama.attention.head_count", 2)
        .containsEntry("llama.attention.head_count_kv", 1)
        .containsEntry("llama.rope.dimension_count", 32)
        .containsEntry("tokenizer.ggml.model", "gpt2")
        .containsEntry("tokenizer.ggml.bos_token_id", 1)
        .containsEntry("tokenizer.ggml.eos_token_id", 2);
    assertThat((String) file.metadata.get("general.description"))
        .contains("seeded stand-in", "seed 1", MINI.parameters() + " parameters");
    assertThat((List<?>) file.metadata.get("tokenizer.ggml.tokens")).hasSize(600);
    assertThat((List<?>) file.metadata.get("tokenizer.ggml.token_type")).hasSize(600);
    assertThat((List<?>) file.metadata.get("tokenizer.ggml.merges")).hasSize(600 - 259);
    assertThat((String) file.metadata.get("tokenizer.chat_template")).contains("<|im_start|>");
  }

  @ParameterizedTest
  @EnumSource
  void shouldLayOutEveryTensorAlignedAndWithoutGapsToTheEnd(TensorType type) throws IOException {
    var file = new GgufReader(bytes(MINI, type, 1));

    long expected = 0;
    long parameters = 0;
    for (GgufReader.Tensor tensor : file.tensors) {
      assertThat(tensor.offset()).as(tensor.name()).isEqualTo(expected).matches(o -> o % 32 == 0);
      long count = tensor.dimensions().stream().reduce(1L, (a, b) -> a * b);
      parameters += count;
      long size =
          switch (tensor.type()) {
            case 0 -> count * 4;
            case 1 -> count * 2;
            case 8 -> count / 32 * 34;
            default -> throw new AssertionError("type " + tensor.type());
          };
      expected += (size + 31) / 32 * 32;
    }
    assertThat(file.dataStart + expected).isEqualTo(file.length);
    assertThat(parameters).isEqualTo(MINI.parameters());
    assertThat(file.tensors).hasSize(3 + 9 * 2);
  }

  @Test
  void shouldStoreTheSameNumbersInEveryType() throws IOException {
    var exact = new GgufReader(bytes(MINI, TensorType.F32, 1));
    var half = new GgufReader(bytes(MINI, TensorType.F16, 1));
    var blocks = new GgufReader(bytes(MINI, TensorType.Q8_0, 1));
    String name = "blk.1.ffn_up.weight";

    for (int i = 0; i < 96; i++) {
      float number = exact.real(exact.dataStart + (int) exact.tensor(name).offset() + 4 * i);
      float halved = half.half(half.dataStart + (int) half.tensor(name).offset() + 2 * i);
      int block = blocks.dataStart + (int) blocks.tensor(name).offset() + i / 32 * 34;
      float quantized = blocks.half(block) * blocks.signed(block + 2 + i % 32);
      assertThat(halved).isCloseTo(number, within(0.001f));
      assertThat(quantized).isCloseTo(number, within(0.003f));
    }
  }

  @Test
  void shouldWriteTheSameBytesForTheSameSeedOnEveryMachine() throws Exception {
    byte[] first = bytes(MINI, TensorType.F16, 7);

    assertThat(bytes(MINI, TensorType.F16, 7)).isEqualTo(first);
    assertThat(bytes(MINI, TensorType.F16, 8)).isNotEqualTo(first);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(first)))
        .isEqualTo("437770f9ad2670025a22904e1658fac34cb260bcdf814d31ccad854d4d627e45");
  }

  @Test
  void shouldKeepTheNamedSizesWhatTheySayTheyAre() {
    assertThat(ModelShape.TINY.parameters()).isBetween(1_000_000L, 2_000_000L);
    assertThat(ModelShape.SMALL.parameters()).isBetween(5_000_000L, 7_000_000L);
    assertThat(ModelShape.MEDIUM.parameters()).isBetween(9_000_000L, 11_000_000L);
    assertThat(ModelShape.LARGE.parameters()).isBetween(28_000_000L, 32_000_000L);
  }

  @Test
  void shouldRefuseShapesThatTheArchitectureCannotHave() {
    assertThatThrownBy(() -> new ModelShape("odd", 2, 100, 2, 1, 96, 600, 256))
        .hasMessage("embedding must be a multiple of 32, is 100");
    assertThatThrownBy(() -> new ModelShape("odd", 2, 64, 2, 1, 0, 600, 256))
        .hasMessage("feedForward must be above 0, is 0");
    assertThatThrownBy(() -> new ModelShape("odd", 2, 128, 4, 3, 96, 600, 256))
        .hasMessage("heads must be a multiple of keyValueHeads, 3, is 4");
  }

  @Test
  void shouldReplaceAFileInOneMoveAndLeaveNothingElse(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("deep/model.gguf");
    new SeededModel(MINI, TensorType.F16, 1).write(file);
    new SeededModel(MINI, TensorType.F16, 2).write(file);

    assertThat(file).hasBinaryContent(bytes(MINI, TensorType.F16, 2));
    try (var files = Files.list(folder.resolve("deep"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void shouldNameTheOptionThatIsWrong(@TempDir Path folder) {
    assertThat(complaint("--size", "huge", "--out", "x")).contains("'--size'", "tiny, small");
    assertThat(complaint("--size", "tiny")).contains("'--out=FILE'");
    assertThat(complaint("--out", folder.toString())).contains("--out " + folder + " is a folder");
  }

  private static String complaint(String... args) {
    var text = new StringWriter();
    int exit = new CommandLine(new Main()).setErr(new PrintWriter(text)).execute(args);
    assertThat(exit).isEqualTo(2);
    return text.toString();
  }

  private static byte[] bytes(ModelShape shape, TensorType type, long seed) throws IOException {
    var out = new ByteArrayOutputStream();
    new SeededModel(shape, type, seed).write(out);
    return out.toByteArray();
  }
}
