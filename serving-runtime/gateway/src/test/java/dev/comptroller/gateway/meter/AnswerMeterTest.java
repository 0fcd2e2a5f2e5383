package dev.comptroller.gateway.meter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AnswerMeterTest {
  private final AnswerMeter meter = new AnswerMeter(6);

  private void content(String text) {
    meter.onData("{\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}");
  }

  private void stop() {
    meter.onData("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
  }

  @Test
  void shouldClaimNothingExactBeforeTheEngineAnswers() {
    assertThat(meter.usage()).isEqualTo(new Usage(0, 0, 0, true));
  }

  @Test
  void shouldTakeTheFinalCommentAsExact() {
    meter.onUsageComment("{\"prompt_tokens\":9,\"cached_tokens\":2,\"completion_tokens\":0}");
    content("a");
    content("b");
    assertThat(meter.usage()).isEqualTo(new Usage(9, 2, 2, true));
    stop();
    meter.onUsageComment("{\"prompt_tokens\":9,\"cached_tokens\":2,\"completion_tokens\":3}");
    assertThat(meter.usage()).isEqualTo(new Usage(9, 2, 3, false));
    assertThat(meter.finishReason()).isEqualTo("stop");
  }

  @Test
  void shouldTakeTheUsageChunkAsExact() {
    content("a");
    stop();
    meter.onData(
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":4,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":1}}}");
    assertThat(meter.usage()).isEqualTo(new Usage(5, 1, 4, false));
  }

  @Test
  void shouldIgnoreImpossibleCounts() {
    content("a");
    for (String usage :
        new String[] {
          "{\"prompt_tokens\":-1,\"completion_tokens\":1}",
          "{\"prompt_tokens\":1,\"cached_tokens\":2,\"completion_tokens\":1}",
          "{\"prompt_tokens\":1e30,\"completion_tokens\":1}",
          "{\"prompt_tokens\":999999999999,\"completion_tokens\":1}",
          "not json",
          "null"
        }) {
      meter.onUsageComment(usage);
    }
    assertThat(meter.usage()).isEqualTo(new Usage(6, 0, 1, true));
  }

  @Test
  void shouldGuessWhenAWholeAnswerCarriesNoUsage() {
    meter.onBody(
        "{\"choices\":[{\"message\":{\"content\":\"12345678\"}}]}"
            .getBytes(StandardCharsets.UTF_8));
    assertThat(meter.usage()).isEqualTo(new Usage(6, 0, 2, true));
  }
}
