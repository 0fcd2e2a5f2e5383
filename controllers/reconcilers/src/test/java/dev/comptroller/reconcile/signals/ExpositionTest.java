package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ExpositionTest {
  private static final String TEXT =
      """
      # HELP vllm:prompt_tokens_total Tokens.
      # TYPE vllm:prompt_tokens_total counter
      vllm:prompt_tokens_total{model_name="a b",engine="0",} 41.0
      vllm:prompt_tokens_total{model_name="x}y",engine="1"} 1 1700000000000
      vllm:prompt_tokens_total_more 7
      vllm:plain 5
      vllm:broken NaN
      vllm:negative -1
      """;

  @Test
  void shouldSumAllSeriesOfACounter() {
    assertThat(Exposition.counter(TEXT, "vllm:prompt_tokens_total")).hasValue(42);
    assertThat(Exposition.counter(TEXT, "vllm:plain")).hasValue(5);
  }

  @Test
  void shouldGiveNothingForWhatIsMissingOrNoNumber() {
    assertThat(Exposition.counter(TEXT, "vllm:missing")).isEmpty();
    assertThat(Exposition.counter(TEXT, "vllm:broken")).isEmpty();
    assertThat(Exposition.counter(TEXT, "vllm:negative")).isEmpty();
  }

  @Test
  void shouldReadTheSumsOfAllNamesInOneGo() {
    assertThat(Exposition.sums(TEXT))
        .containsEntry("vllm:prompt_tokens_total", 42.0)
        .containsEntry("vllm:prompt_tokens_total_more", 7.0)
        .containsEntry("vllm:plain", 5.0)
        .doesNotContainKeys("vllm:missing", "vllm:broken", "vllm:negative");
  }
}
