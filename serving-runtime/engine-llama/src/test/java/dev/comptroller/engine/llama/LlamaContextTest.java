package dev.comptroller.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.models.ModelShape;
import dev.comptroller.e2e.models.SeededModel;
import dev.comptroller.e2e.models.TensorType;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import dev.comptroller.engine.llama.lib.ContextOptions;
import dev.comptroller.engine.llama.lib.LlamaContext;
import dev.comptroller.engine.llama.lib.LlamaLibrary;
import dev.comptroller.engine.llama.lib.LlamaModel;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class LlamaContextTest {
  private static final int SEQUENCES = 16;
  private static final int LENGTH = 24;

  @TempDir private static Path folder = Path.of(".");
  private static Path natives = Path.of(".");

  @BeforeAll
  static void prepare() throws Exception {
    natives = Fetched.natives();
  }

  @Test
  void shouldNotLetTheContentOfOneSequenceTouchAnotherByASingleBit() throws Exception {
    for (Path file : new Path[] {seeded(), Fetched.instructModel()}) {
      try (LlamaModel model = NativeLoader.load(natives).openModel(file)) {
        float[] row = firstRow(model, SEQUENCES, 1);
        assertThat(firstRow(model, SEQUENCES, 2)).as(model.description()).isEqualTo(row);
      }
    }
  }

  /// The library takes other kernels for larger batches, so a sum rounds differently there. With
  /// 8-bit activations that is about 1 % of the logits' size, with 16-bit weights 0.03 %.
  @Test
  void shouldGiveNearlyTheSameLogitsAloneAndInABatch() throws Exception {
    try (LlamaModel model = NativeLoader.load(natives).openModel(seeded())) {
      assertThat(relativeError(firstRow(model, 1, 1), firstRow(model, SEQUENCES, 1)))
          .isLessThan(0.005);
    }
    try (LlamaModel model = NativeLoader.load(natives).openModel(Fetched.instructModel())) {
      assertThat(relativeError(firstRow(model, 1, 1), firstRow(model, SEQUENCES, 1)))
          .isLessThan(0.05);
    }
  }

  @Test
  void shouldForgetASequenceSoThatItsSlotServesAnother() throws Exception {
    try (LlamaModel model = NativeLoader.load(natives).openModel(seeded());
        LlamaContext context = context(model)) {
      float[] first = new float[model.vocabularySize()];
      float[] again = new float[model.vocabularySize()];
      prompt(context, model, 3, 7);
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.Done());
      context.logits(LENGTH - 1, first);
      context.forget(3);
      prompt(context, model, 3, 7);
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.Done());
      context.logits(LENGTH - 1, again);
      assertThat(again).isEqualTo(first);
    }
  }

  @Test
  void shouldSayWhenTheCellsAreFullAndChangeNothing() throws Exception {
    LlamaLibrary library = NativeLoader.load(natives);
    try (LlamaModel model = library.openModel(seeded());
        LlamaContext context = model.newContext(new ContextOptions(256, 2, 256, 1))) {
      context.clearBatch();
      for (int i = 0; i < 250; i++) {
        context.addToBatch(400, i, 0, i == 249);
      }
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.Done());
      context.clearBatch();
      for (int i = 0; i < 10; i++) {
        context.addToBatch(400, i, 1, i == 9);
      }
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.NoCells());
      context.forget(0);
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.Done());
    }
  }

  /// The first sequence's logits with a number of sequences whose content a seed decides.
  private static float[] firstRow(LlamaModel model, int sequences, int seed) {
    try (LlamaContext context = context(model)) {
      prompt(context, model, 0, 1000);
      for (int sequence = 1; sequence < sequences; sequence++) {
        append(context, model, sequence, 100L * seed + sequence);
      }
      assertThat(context.decode()).isEqualTo(new LlamaContext.Decoded.Done());
      float[] row = new float[model.vocabularySize()];
      context.logits(LENGTH - 1, row);
      return row;
    }
  }

  private static void prompt(LlamaContext context, LlamaModel model, int sequence, long seed) {
    context.clearBatch();
    append(context, model, sequence, seed);
  }

  private static void append(LlamaContext context, LlamaModel model, int sequence, long seed) {
    int[] tokens = new Random(seed).ints(LENGTH, 300, model.vocabularySize()).toArray();
    for (int i = 0; i < LENGTH; i++) {
      context.addToBatch(tokens[i], i, sequence, i == LENGTH - 1);
    }
  }

  private static LlamaContext context(LlamaModel model) {
    return model.newContext(new ContextOptions(1024, SEQUENCES, 512, 1));
  }

  private static double relativeError(float[] a, float[] b) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      error += (a[i] - b[i]) * (a[i] - b[i]);
      size += a[i] * a[i];
    }
    return Math.sqrt(error / size);
  }

  private static Path seeded() throws Exception {
    Path file = folder.resolve("small.gguf");
    new SeededModel(ModelShape.SMALL, TensorType.F16, 9).write(file);
    return file;
  }
}
