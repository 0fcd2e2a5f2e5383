package dev.comptroller.engine.vllm;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is read from vLLM's `/metrics`.
///
/// @param cells tokens that its cache holds; 0 if it does not tell
/// @param usage part of the cache that is in use, 0 to 1
/// @param steps steps that it has computed
record Figures(int cells, double usage, long steps) {
  private static final Pattern SAMPLE =
      Pattern.compile("^(vllm:\\w+)(?:\\{(.*)})?\\s+(\\S+)", Pattern.MULTILINE);
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  /// Reads a page; of several engines behind one server the figures are summed up, and the usage
  /// is that of the fullest.
  static Figures read(String page) {
    long cells = 0;
    double usage = 0;
    double steps = 0;
    Matcher sample = SAMPLE.matcher(page);
    while (sample.find()) {
      switch (sample.group(1)) {
        case "vllm:kv_cache_usage_perc" -> usage = Math.max(usage, number(sample.group(3)));
        case "vllm:iteration_tokens_total_count" -> steps += number(sample.group(3));
        case "vllm:cache_config_info" -> {
          Map<String, String> labels = labels(sample.group(2));
          double blocks = number(labels.getOrDefault("num_gpu_blocks", ""));
          cells += Math.round(blocks * number(labels.getOrDefault("block_size", "")));
        }
        default -> {}
      }
    }
    return new Figures((int) Math.min(Integer.MAX_VALUE, cells), Math.min(1, usage), (long) steps);
  }

  /// Tokens in the cache.
  int used() {
    return (int) Math.round(cells * usage);
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new TreeMap<>();
    Matcher label = LABEL.matcher(text == null ? "" : text);
    while (label.find()) {
      labels.put(label.group(1), label.group(2));
    }
    return labels;
  }

  /* What is no number counts nothing: "None" stands there while vLLM starts. */
  private static double number(String text) {
    try {
      double value = Double.parseDouble(text);
      return Double.isFinite(value) && value > 0 ? value : 0;
    } catch (NumberFormatException _) {
      return 0;
    }
  }
}
