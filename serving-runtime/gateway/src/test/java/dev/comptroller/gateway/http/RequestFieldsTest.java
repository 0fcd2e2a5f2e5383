package dev.comptroller.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestFieldsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"model\":\"é€😀\",\"max_tokens\":900}|{\"model\":\"é€😀\",\"max_tokens\":64}",
        "{\"max_tokens\" : null , \"model\":\"m\"}|{\"max_tokens\" : 64 , \"model\":\"m\"}",
        "{\"max_tokens\":3,\"model\":\"m\"}|{\"max_tokens\":3,\"model\":\"m\"}",
        "{\"model\":\"m\"}|{\"max_tokens\":64,\"model\":\"m\"}",
        "{\"a\":{\"max_tokens\":9000},\"model\":\"m\"}|{\"max_tokens\":64,\"a\":{\"max_tokens\":9000},\"model\":\"m\"}",
        "{\"max_tokens\":9000,\"model\":\"m\",\"max_completion_tokens\":80}|{\"max_tokens\":64,\"model\":\"m\",\"max_completion_tokens\":64}"
      })
  void shouldLowerLimitsInPlaceAndLeaveEveryOtherByte(String body, String capped) throws Exception {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    assertThat(new String(RequestFields.read(bytes).capped(bytes, 64), StandardCharsets.UTF_8))
        .isEqualTo(capped);
  }
}
