package dev.comptroller.e2e.models;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// A stand-in model: the real file format, architecture and vocabulary, weights drawn from a seed.
///
/// It was not trained on anything and answers nothing; what it says is frequent words in an order
/// that the seed decides. The same shape, type and seed give the same bytes everywhere.
///
/// How the words become frequent: channel 0 of the residual stream carries a constant, because the
/// embedding sets it and no block writes to it. The output matrix reads a token's logarithmic
/// frequency from it. So bytes that never stand alone in text practically never come out alone, and
/// the output is valid UTF-8.
///
/// @param shape its sizes
/// @param type how its matrices are stored
/// @param seed what its weights are drawn from
public record SeededModel(ModelShape shape, TensorType type, long seed) {
  /// ChatML: what the vocabulary's control tokens are for.
  static final String CHAT_TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'"
          + " + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

  private static final double NOISE = 2.0;
  private static final double LEAST_USE = 1e-5;
  private static final double END_SHARE = 0.01;

  /// Writes the model to a file; a file that is there is replaced in one move.
  public void write(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path folder = Objects.requireNonNull(target.getParent(), "a file needs a folder");
    Files.createDirectories(folder);
    Path partial = Files.createTempFile(folder, target.getFileName() + ".", ".part");
    try {
      try (var out = new BufferedOutputStream(Files.newOutputStream(partial), 1 << 16)) {
        write(out);
      }
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /// Writes the model.
  public void write(OutputStream out) throws IOException {
    Vocabulary vocabulary = Vocabulary.train(corpus(), shape.vocabulary());
    var gguf = new GgufWriter();
    describe(gguf);
    speak(gguf, vocabulary);
    weigh(gguf, vocabulary);
    gguf.writeTo(out);
  }

  /// The text that vocabularies are trained on.
  public static String corpus() {
    try (InputStream text = SeededModel.class.getResourceAsStream("corpus.txt")) {
      return new String(
          Objects.requireNonNull(text, "corpus.txt is missing").readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void describe(GgufWriter gguf) {
    gguf.text("general.architecture", "llama");
    gguf.text("general.type", "model");
    gguf.text("general.name", "Comptroller seeded " + shape.name());
    gguf.text(
        "general.description",
        "A seeded stand-in (seed %d, %d parameters): real format and vocabulary, untrained weights"
            .formatted(seed, shape.parameters()));
    gguf.text("general.license", "apache-2.0");
    gguf.number("general.file_type", type.fileType());
    gguf.number("general.quantization_version", 2);
    gguf.number("llama.block_count", shape.layers());
    gguf.number("llama.context_length", shape.context());
    gguf.number("llama.embedding_length", shape.embedding());
    gguf.number("llama.feed_forward_length", shape.feedForward());
    gguf.number("llama.attention.head_count", shape.heads());
    gguf.number("llama.attention.head_count_kv", shape.keyValueHeads());
    gguf.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf.number("llama.rope.dimension_count", shape.headWidth());
    gguf.real("llama.rope.freq_base", 10000f);
    gguf.number("llama.vocab_size", shape.vocabulary());
  }

  private static void speak(GgufWriter gguf, Vocabulary vocabulary) {
    var types = new ArrayList<Integer>();
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      types.add(id < Vocabulary.CONTROL.size() ? 3 : 1);
    }
    gguf.text("tokenizer.ggml.model", "gpt2");
    gguf.text("tokenizer.ggml.pre", "smollm");
    gguf.texts("tokenizer.ggml.tokens", vocabulary.tokens());
    gguf.numbers("tokenizer.ggml.token_type", types);
    gguf.texts("tokenizer.ggml.merges", vocabulary.merges());
    gguf.number("tokenizer.ggml.bos_token_id", Vocabulary.MESSAGE_START);
    gguf.number("tokenizer.ggml.eos_token_id", Vocabulary.MESSAGE_END);
    gguf.number("tokenizer.ggml.eot_token_id", Vocabulary.MESSAGE_END);
    gguf.number("tokenizer.ggml.unknown_token_id", Vocabulary.END_OF_TEXT);
    gguf.number("tokenizer.ggml.padding_token_id", Vocabulary.END_OF_TEXT);
    gguf.flag("tokenizer.ggml.add_bos_token", false);
    gguf.flag("tokenizer.ggml.add_space_prefix", false);
    gguf.text("tokenizer.chat_template", CHAT_TEMPLATE);
  }

  private void weigh(GgufWriter gguf, Vocabulary vocabulary) {
    int width = shape.embedding();
    int inner = shape.feedForward();
    double residual = 1 / Math.sqrt(2.0 * shape.layers());
    matrix(gguf, "token_embd.weight", width, shape.vocabulary(), 1.0, Channel.CONSTANT);
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "blk." + layer + ".";
      double in = 1 / Math.sqrt(width);
      ones(gguf, block + "attn_norm.weight");
      matrix(gguf, block + "attn_q.weight", width, width, 2 * in, Channel.FREE);
      matrix(gguf, block + "attn_k.weight", width, shape.keyValueWidth(), 2 * in, Channel.FREE);
      matrix(gguf, block + "attn_v.weight", width, shape.keyValueWidth(), in, Channel.FREE);
      matrix(gguf, block + "attn_output.weight", width, width, residual * in, Channel.UNWRITTEN);
      ones(gguf, block + "ffn_norm.weight");
      matrix(gguf, block + "ffn_gate.weight", width, inner, in, Channel.FREE);
      matrix(gguf, block + "ffn_up.weight", width, inner, in, Channel.FREE);
      double back = residual * 2 / Math.sqrt(inner);
      matrix(gguf, block + "ffn_down.weight", inner, width, back, Channel.UNWRITTEN);
    }
    ones(gguf, "output_norm.weight");
    Supplier<float[]> output = () -> output(vocabulary);
    gguf.tensor("output.weight", type, output, width, shape.vocabulary());
  }

  private enum Channel {
    /// Channel 0 is like any other.
    FREE,
    /// Every row holds the constant in channel 0.
    CONSTANT,
    /// Row 0, which would write to channel 0, is zero.
    UNWRITTEN
  }

  private void matrix(
      GgufWriter gguf, String name, int columns, int rows, double deviation, Channel channel) {
    Supplier<float[]> numbers =
        () -> {
          float[] drawn = draw(name, columns * rows, deviation);
          switch (channel) {
            case FREE -> {}
            case CONSTANT -> {
              for (int row = 0; row < rows; row++) {
                drawn[row * columns] = (float) Math.sqrt(columns);
              }
            }
            case UNWRITTEN -> Arrays.fill(drawn, 0, columns, 0f);
          }
          return drawn;
        };
    gguf.tensor(name, type, numbers, columns, rows);
  }

  private void ones(GgufWriter gguf, String name) {
    Supplier<float[]> numbers =
        () -> {
          float[] ones = new float[shape.embedding()];
          Arrays.fill(ones, 1f);
          return ones;
        };
    gguf.tensor(name, TensorType.F32, numbers, shape.embedding());
  }

  /// Rows that answer a token's logarithmic frequency for channel 0, and noise for the others.
  private float[] output(Vocabulary vocabulary) {
    int width = shape.embedding();
    float[] rows = draw("output.weight", width * shape.vocabulary(), NOISE / Math.sqrt(width));
    List<Integer> uses = vocabulary.uses();
    double total = uses.stream().mapToLong(Integer::longValue).sum();
    double constant = Math.sqrt(width) / Math.sqrt(3.0);
    for (int id = 0; id < shape.vocabulary(); id++) {
      double share = Math.max(uses.get(id) / total, LEAST_USE / shape.vocabulary());
      if (id == Vocabulary.MESSAGE_END) {
        share = END_SHARE;
      }
      rows[id * width] = (float) (StrictMath.log(share) / constant);
    }
    return rows;
  }

  /// Evenly distributed numbers of the given standard deviation; the name picks the stream.
  private float[] draw(String name, int count, double deviation) {
    long stream = seed;
    for (byte letter : name.getBytes(StandardCharsets.UTF_8)) {
      stream = stream * 0x5851F42D4C957F2DL + letter + 0x14057B7EF767814FL;
    }
    var random = new SplittableRandom(stream);
    double reach = deviation * Math.sqrt(3.0);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) ((2 * random.nextDouble() - 1) * reach);
    }
    return numbers;
  }
}
