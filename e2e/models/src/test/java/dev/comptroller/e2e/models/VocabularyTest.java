package dev.comptroller.e2e.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  private static final Vocabulary VOCABULARY = Vocabulary.train(SeededModel.corpus(), 1024);

  @Test
  void shouldDecodeAnyBytesToThemselves() {
    var random = new Random(5);
    for (int round = 0; round < 300; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      assertThat(VOCABULARY.decode(VOCABULARY.encodeWord(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  void shouldDecodeAnyTextToItselfAcrossWords() {
    for (String text :
        List.of("", " ", "  two  spaces \n\n tab\t", "Größe 1234 — 🙂 日本語", SeededModel.corpus())) {
      byte[] decoded = VOCABULARY.decode(VOCABULARY.encode(text));
      assertThat(new String(decoded, StandardCharsets.UTF_8)).isEqualTo(text);
    }
  }

  @Test
  void shouldSpellFrequentWordsInFewTokens() {
    String text = SeededModel.corpus();

    assertThat(VOCABULARY.tokens()).doesNotHaveDuplicates().hasSize(1024);
    assertThat(VOCABULARY.encode(" tokens")).hasSize(1);
    assertThat(VOCABULARY.encode("2026")).hasSize(4);
    assertThat(text.length() / (double) VOCABULARY.encode(text).size()).isGreaterThan(2.5);
  }

  @Test
  void shouldMergeTheMostFrequentPairFirstAndTiesInOrder() {
    var vocabulary = Vocabulary.train("abab abab cdcd xy", 262);

    assertThat(vocabulary.merges()).containsExactly("a b", "ab ab", "c d");
    assertThat(vocabulary.tokens().subList(259, 262)).containsExactly("ab", "abab", "cd");
  }

  @Test
  void shouldRefuseSizesThatTheTextCannotFill() {
    assertThatThrownBy(() -> Vocabulary.train("text", 258)).hasMessageContaining("at least 259");
    assertThatThrownBy(() -> Vocabulary.train("text", 400)).hasMessageContaining("too short");
  }
}
