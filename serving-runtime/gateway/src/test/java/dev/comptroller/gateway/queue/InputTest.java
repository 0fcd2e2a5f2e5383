package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InputTest {
  /// Hands bytes out in pieces of random length, as a network does.
  private static InputStream trickle(byte[] bytes, Random random) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public int read(byte[] to, int off, int len) {
        return super.read(to, off, Math.min(len, 1 + random.nextInt(7)));
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void shouldHandOutTheContentOfAPartAsItCame() throws Exception {
    Random random = new Random(3);
    for (int round = 0; round < 500; round++) {
      byte[] content = new byte[random.nextInt(60)];
      byte[] alphabet = bytes("\r\n-bx{");
      for (int i = 0; i < content.length; i++) {
        content[i] = alphabet[random.nextInt(alphabet.length)];
      }
      String text = new String(content, StandardCharsets.ISO_8859_1);
      if (text.contains("\r\n--bb") || text.startsWith("--bb")) {
        continue;
      }
      String body =
          "--bb\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
              + "--bb\r\ncontent-disposition: form-data; filename=\"a.jsonl\"; name=\"file\"\r\n"
              + "content-type: application/jsonl\r\n\r\n"
              + text
              + "\r\n--bb--\r\n";
      Multipart multipart =
          new Multipart(trickle(bytes(body), random), "multipart/form-data; boundary=bb");
      Multipart.Part purpose = multipart.next().orElseThrow();
      assertThat(purpose.name()).isEqualTo("purpose");
      assertThat(purpose.content().readAllBytes()).isEqualTo(bytes("batch"));
      Multipart.Part file = multipart.next().orElseThrow();
      assertThat(List.of(file.name(), file.filename())).containsExactly("file", "a.jsonl");
      assertThat(file.content().readAllBytes()).isEqualTo(content);
      assertThat(multipart.next()).isEmpty();
    }
  }

  @Test
  void shouldSayWhatIsWrongWithABodyThatIsNoForm() throws Exception {
    assertThatThrownBy(() -> new Multipart(InputStream.nullInputStream(), "application/json"))
        .isInstanceOf(QueueRefused.class)
        .hasMessageContaining("multipart/form-data");
    Multipart cut =
        new Multipart(
            new ByteArrayInputStream(bytes("--b\r\ncontent-disposition: x; name=\"f\"\r\n\r\nabc")),
            "multipart/form-data; boundary=\"b\"");
    InputStream content = cut.next().orElseThrow().content();
    assertThatThrownBy(content::readAllBytes).isInstanceOf(IOException.class);
  }

  @Test
  void shouldFindEveryLineWithItsPlaceWhateverThePieces() throws Exception {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append("x".repeat(random.nextInt(12))).append(random.nextInt(5) == 0 ? "" : "\n");
      }
      byte[] file = bytes(text.toString());
      List<String> expected =
          Arrays.stream(text.toString().split("\n", -1)).filter(line -> !line.isEmpty()).toList();
      List<String> found = new ArrayList<>();
      InputLines lines = new InputLines(trickle(file, random), 8);
      for (Optional<InputLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        InputLines.Line at = line.get();
        String there =
            new String(file, (int) at.start(), (int) at.length(), StandardCharsets.ISO_8859_1);
        found.add(there);
        assertThat(at.bytes()).isEqualTo(at.length() > 8 ? new byte[0] : bytes(there));
      }
      assertThat(found).isEqualTo(expected);
    }
  }

  private static InputLine read(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return new InputLine.Reader("/v1/completions", 200)
        .read(new InputLines.Line(1, 0, bytes.length, bytes));
  }

  @Test
  void shouldNameTheFieldThatIsWrongInALine() {
    record Case(String line, String code) {}
    List<Case> cases =
        List.of(
            new Case("{\"custom_id\":\"a\"", "invalid_json_line"),
            new Case("[1]", "invalid_json_line"),
            new Case("{\"custom_id\":\"a\"} {}", "invalid_json_line"),
            new Case("{\"custom_id\":\"a\",\"custom_id\":\"b\"}", "invalid_json_line"),
            new Case("{}", "missing_required_parameter"),
            new Case("{\"custom_id\":7}", "invalid_custom_id"),
            new Case("{\"custom_id\":\"a\",\"method\":\"GET\"}", "invalid_method"),
            new Case(
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\"}",
                "mismatched_endpoint"),
            new Case(
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/completions\"}",
                "missing_required_parameter"),
            new Case(
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/completions\",\"body\":{}}",
                "missing_required_parameter"),
            new Case(
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/completions\","
                    + "\"body\":{\"model\":\"m\",\"stream\":true}}",
                "invalid_stream"),
            new Case("x".repeat(201), "line_too_long"));
    for (Case wrong : cases) {
      assertThat(read(wrong.line()))
          .as(wrong.line())
          .isInstanceOfSatisfying(
              InputLine.Bad.class, bad -> assertThat(bad.code()).isEqualTo(wrong.code()));
    }
  }

  @Test
  void shouldExpectTheInputsTokensAndTheBoundOnTheOutput() {
    InputLine line =
        read(
            "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/completions\","
                + "\"body\":{\"model\":\"m\",\"prompt\":\"12345678\",\"max_tokens\":30}}");
    assertThat(line)
        .isInstanceOfSatisfying(
            InputLine.Good.class,
            good -> {
              assertThat(good.inputTokens()).isEqualTo(2);
              assertThat(good.tokens()).isEqualTo(32);
            });
  }
}
