package dev.comptroller.engine.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FiguresTest {
  @Test
  void shouldReadWhatVersion0x20Shows() {
    assertThat(
            Figures.read(
                """
                # TYPE vllm:kv_cache_usage_perc gauge
                vllm:kv_cache_usage_perc{engine="0",model_name="ns/chat"} 0.25
                vllm:iteration_tokens_total_count{engine="0",model_name="ns/chat"} 51.0
                vllm:iteration_tokens_total_created{engine="0"} 1.7959e+09
                vllm:cache_config_info{block_size="128",engine="0",num_cpu_blocks="None",num_gpu_blocks="364"} 1.0
                """))
        .isEqualTo(new Figures(46_592, 0.25, 51))
        .extracting(Figures::used)
        .isEqualTo(11_648);
  }

  @Test
  void shouldCountNothingWhereNoNumberIs() {
    assertThat(
            Figures.read("vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"None\"} 1.0\n"))
        .isEqualTo(new Figures(0, 0, 0));
    assertThat(Figures.read("vllm:kv_cache_usage_perc{engine=\"0\"} NaN\n"))
        .isEqualTo(new Figures(0, 0, 0));
    assertThat(Figures.read("")).isEqualTo(new Figures(0, 0, 0));
  }
}
