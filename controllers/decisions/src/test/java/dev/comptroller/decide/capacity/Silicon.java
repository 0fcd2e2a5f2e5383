package dev.comptroller.decide.capacity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Public measurements of servers, as the aiconfigurator project publishes them (CSV).
///
/// Only rows in which one server does prompts and answers count: with two separate ones there is no
/// step that has both. `batch_size` requests of the same kind are served at once, each replaced
/// when
/// it ends.
final class Silicon {
  private Silicon() {}

  /// One measurement.
  ///
  /// @param family what is served by what on which GPUs
  /// @param configuration the same with the version of the engine: what an operator fits apart, as
  ///   a variant has one image
  record Row(
      String model,
      String system,
      String engine,
      String family,
      String configuration,
      Physics.Hardware hardware,
      ModelShape shape,
      double sequences,
      Workload workload,
      double firstSeconds,
      double tokenSeconds) {
    /// Whether `other` is this measurement published twice, rounded differently.
    boolean isCopyOf(Row other) {
      return configuration.equals(other.configuration)
          && sequences == other.sequences
          && workload.equals(other.workload)
          && Math.abs(firstSeconds / other.firstSeconds - 1) < 2e-3
          && Math.abs(tokenSeconds / other.tokenSeconds - 1) < 2e-3;
    }

    /// The mean step as an online fit would see it.
    StepSample sample() {
      return new StepSample(
          1,
          Math.sqrt(sequences),
          sequences * workload.tokensPerStep(),
          sequences * workload.meanKvTokens(),
          tokenSeconds);
    }
  }

  private record Model(
      String name, double parameters, double active, int layers, long kv, int experts, int used) {
    ModelShape shape(Quantization quantization) {
      return new ModelShape(
          (long) (parameters * 1e9),
          (long) (active * 1e9),
          layers,
          kv,
          experts,
          used,
          quantization);
    }
  }

  /* Figures of the models' public configurations; bytes of cache with 2 bytes a value. */
  private static final List<Model> MODELS =
      List.of(
          new Model("Llama-3.1-8B", 8.03, 8.03, 32, 131_072, 1, 1),
          new Model("Llama-3.1-70B", 70.6, 70.6, 80, 327_680, 1, 1),
          new Model("Qwen3-32B", 32.8, 32.8, 64, 262_144, 1, 1),
          new Model("Qwen3-235B", 235, 22, 94, 192_512, 128, 8),
          new Model("gpt-oss-120b", 117, 5.1, 36, 73_728, 128, 4),
          new Model("DeepSeek", 671, 37, 61, 70_272, 256, 8),
          new Model("MiniMax", 230, 10, 62, 253_952, 256, 8),
          new Model("Qwen3.5-397B", 397, 17, 60, 30_720, 512, 10),
          new Model("Kimi", 1_040, 32, 61, 70_272, 384, 8),
          new Model("GLM-5", 744, 40, 78, 89_856, 256, 8));

  /// The rows of `file` that can be used, each once.
  static List<Row> read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    Map<String, Integer> columns = new HashMap<>();
    String[] header = lines.getFirst().split(",", -1);
    for (int i = 0; i < header.length; i++) {
      columns.put(header[i], i);
    }
    Map<String, Row> rows = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      Map<String, String> row = new HashMap<>();
      columns.forEach((name, at) -> row.put(name, at < cells.length ? cells[at] : ""));
      parse(row).ifPresent(each -> rows.putIfAbsent(each.toString(), each));
    }
    return new ArrayList<>(rows.values());
  }

  /// The other rows of a configuration, without copies of this one.
  static List<Row> others(Row row, List<Row> configuration) {
    return new ArrayList<>(configuration.stream().filter(each -> !each.isCopyOf(row)).toList());
  }

  private static Optional<Row> parse(Map<String, String> row) {
    String path = text(row, "model_path");
    Optional<Model> model = MODELS.stream().filter(m -> path.contains(m.name())).findFirst();
    String system = text(row, "system").toUpperCase(java.util.Locale.ROOT).replace("_SXM", "");
    Optional<Accelerator> gpu = Accelerator.named(system);
    if (!text(row, "mode").equals("agg") || model.isEmpty() || gpu.isEmpty()) {
      return Optional.empty();
    }
    int tensor = Math.max(1, number(row, "tp_size"));
    int data = Math.max(1, number(row, "attention_dp_size"));
    int expertTensor = Math.max(1, number(row, "moe_tp_size"));
    int expert = Math.max(1, number(row, "moe_ep_size"));
    int gpus = tensor;
    double sequences = Double.parseDouble(text(row, "batch_size"));
    if (expertTensor > 1 && expertTensor == expert && expertTensor * expert == tensor) {
      // The same GPUs counted for both ways to split the experts.
      gpus = expertTensor;
    }
    if (data > 1) {
      // The batch is that of one of the copies of the attention layers.
      sequences *= data;
      gpus = Math.max(tensor, data);
    }
    String weights = text(row, "gemm_quant_mode");
    Quantization quantization = quantization(model.get(), path, weights);
    String family =
        "%s %s %s %s tp%d dp%d etp%d ep%d"
            .formatted(
                model.get().name(),
                text(row, "system"),
                text(row, "backend"),
                weights,
                tensor,
                data,
                expertTensor,
                expert);
    return Optional.of(
        new Row(
            model.get().name(),
            text(row, "system"),
            text(row, "backend"),
            family,
            family + " " + text(row, "backend_version"),
            new Physics.Hardware(gpu.get(), gpus),
            model.get().shape(quantization),
            sequences,
            new Workload(number(row, "isl"), number(row, "osl"), 0),
            Double.parseDouble(text(row, "silicon_ttft_ms")) / 1e3,
            Double.parseDouble(text(row, "silicon_tpot_ms")) / 1e3));
  }

  private static Quantization quantization(Model model, String path, String weights) {
    String name =
        switch (weights) {
          case "fp8", "fp8_block" -> "FP8";
          case "nvfp4" -> "NVFP4";
          case "int4_wo" -> "INT4";
          default -> path.contains("FP8") ? "FP8" : "BF16";
        };
    return Quantization.named(model.name().equals("gpt-oss-120b") ? "MXFP4" : name).orElseThrow();
  }

  private static String text(Map<String, String> row, String column) {
    return row.getOrDefault(column, "");
  }

  private static int number(Map<String, String> row, String column) {
    String text = text(row, column);
    return text.isEmpty() ? 0 : (int) Double.parseDouble(text);
  }
}
