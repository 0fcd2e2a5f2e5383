package dev.comptroller.engine.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.engine.EngineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VocabularyTest {
  private final Path folder;

  VocabularyTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void shouldReadTokensWhoseCharactersAreBytes() throws Exception {
    Vocabulary vocabulary =
        read(
            """
            {"added_tokens":[{"id":3,"content":"<|end|>","special":true},
                             {"id":4,"content":"<think>","special":false}],
             "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split"},{"type":"ByteLevel"}]},
             "model":{"type":"BPE","vocab":{"Hi":0,"\u0120there":1,"\u00c3\u012b":2,"<|end|>":3},
                      "merges":["H i"]}}
            """);
    assertThat(text(vocabulary, 0)).isEqualTo("Hi");
    assertThat(text(vocabulary, 1)).isEqualTo(" there");
    assertThat(text(vocabulary, 2)).isEqualTo("\u00c9");
    assertThat(vocabulary.piece(3)).as("control tokens add nothing").isEmpty();
    assertThat(text(vocabulary, 4)).isEqualTo("<think>");
    assertThat(vocabulary.piece(99)).isEmpty();
    assertThat(vocabulary.control("say <|end|> now")).isEqualTo("<|end|>");
    assertThat(vocabulary.control("say <think> now")).isNull();
  }

  @Test
  void shouldReadTokensOfSentencePiece() throws Exception {
    Vocabulary vocabulary =
        read(
            """
            {"decoder":{"type":"Sequence","decoders":[{"type":"Replace"},{"type":"ByteFallback"}]},
             "model":{"type":"Unigram","vocab":[["<unk>",0],["\u2581sea",-1.5],["<0xC3>",-2]]}}
            """);
    assertThat(text(vocabulary, 1)).isEqualTo(" sea");
    assertThat(vocabulary.piece(2)).containsExactly(0xC3);
  }

  @Test
  void shouldNameAFileThatIsMissingOrBroken() throws Exception {
    assertThatThrownBy(() -> Vocabulary.read(folder))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("no tokenizer.json");
    assertThatThrownBy(() -> read("{\"model\":{\"vocab\":{}}}"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("tokenizer.json cannot be read: it has no model.vocab");
    assertThatThrownBy(() -> read("nonsense"))
        .hasMessageContaining("tokenizer.json cannot be read");
  }

  private Vocabulary read(String json) throws Exception {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    return Vocabulary.read(folder);
  }

  private static String text(Vocabulary vocabulary, int token) {
    return new String(vocabulary.piece(token), StandardCharsets.UTF_8);
  }
}
