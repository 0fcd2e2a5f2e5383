package dev.comptroller.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {
  @Test
  void shouldHoldBackACharacterUntilAllItsBytesAreThere() {
    byte[] face = "\uD83D\uDE00".getBytes(UTF_8);
    TextAssembler text = new TextAssembler(List.of());
    assertThat(text.accept(Arrays.copyOfRange(face, 0, 1))).isEmpty();
    assertThat(text.accept(Arrays.copyOfRange(face, 1, 3))).isEmpty();
    assertThat(text.accept(Arrays.copyOfRange(face, 3, 4))).isEqualTo("\uD83D\uDE00");
  }

  @Test
  void shouldReplaceWhatIsNoCharacter() {
    TextAssembler text = new TextAssembler(List.of());
    assertThat(text.accept(new byte[] {'a', (byte) 0xFF, 'b', (byte) 0xE2})).isEqualTo("a\uFFFDb");
    assertThat(text.finish()).isEqualTo("\uFFFD");
  }

  @Test
  void shouldEndBeforeAStopTextThatComesInPieces() {
    TextAssembler text = new TextAssembler(List.of("STOP", "\n\n"));
    assertThat(text.accept("one ST".getBytes(UTF_8))).isEqualTo("one ");
    assertThat(text.accept("A".getBytes(UTF_8))).isEqualTo("STA");
    assertThat(text.accept(" two S".getBytes(UTF_8))).isEqualTo(" two ");
    assertThat(text.accept("TO".getBytes(UTF_8))).isEmpty();
    assertThat(text.accept("P three".getBytes(UTF_8))).isEmpty();
    assertThat(text.stopped()).isTrue();
    assertThat(text.finish()).isEmpty();
  }

  @Test
  void shouldTakeTheEarliestOfSeveralStopTexts() {
    TextAssembler text = new TextAssembler(List.of("c", "ab"));
    assertThat(text.accept("xxabc".getBytes(UTF_8))).isEqualTo("xx");
    assertThat(text.stopped()).isTrue();
  }

  @Test
  void shouldGiveTheSameTextHoweverTheBytesAreCut() {
    String whole = "na\u00EFve \uD83D\uDE00\uD83D\uDE00 caf\u00E9 ##end, # and ##e";
    Random random = new Random(7);
    for (int attempt = 0; attempt < 500; attempt++) {
      TextAssembler text = new TextAssembler(List.of("##ending", "#!"));
      StringBuilder shown = new StringBuilder();
      for (byte[] piece : cut(whole.getBytes(UTF_8), random)) {
        shown.append(text.accept(piece));
      }
      assertThat(shown.append(text.finish())).hasToString(whole);
    }
  }

  private static List<byte[]> cut(byte[] bytes, Random random) {
    List<byte[]> pieces = new ArrayList<>();
    for (int from = 0; from < bytes.length; ) {
      int to = Math.min(bytes.length, from + random.nextInt(4));
      pieces.add(Arrays.copyOfRange(bytes, from, to));
      from = to;
    }
    return pieces;
  }
}
