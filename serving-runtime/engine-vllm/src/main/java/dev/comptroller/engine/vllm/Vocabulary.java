package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.engine.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the tokens of a model are as bytes, read from its `tokenizer.json`.
///
/// Two ways of spelling are known: GPT-2's, where each byte is a character of its own, and that of
/// SentencePiece, where U+2581 is a space and `<0x0A>` a byte.
final class Vocabulary {
  private static final byte[] NOTHING = {};
  private static final Map<Character, Byte> BYTE_LEVEL = byteLevel();

  private final Map<Integer, byte[]> pieces;
  private final List<String> controls;

  private Vocabulary(Map<Integer, byte[]> pieces, List<String> controls) {
    this.pieces = pieces;
    this.controls = List.copyOf(controls);
  }

  /// Reads `tokenizer.json` in a model's folder.
  static Vocabulary read(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.isReadable(file)) {
      throw new EngineException(
          "--model %s has no tokenizer.json; save the model with its fast tokenizer"
              .formatted(folder));
    }
    try (JsonParser parser =
        JsonFactory.builder().build().setCodec(new ObjectMapper()).createParser(file.toFile())) {
      return new Reading().read(parser);
    } catch (IOException | IllegalArgumentException e) {
      throw new EngineException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /// The bytes that a token adds to a text; none for control tokens and ids that are no token.
  byte[] piece(int token) {
    return pieces.getOrDefault(token, NOTHING).clone();
  }

  /// The control token that a text spells out first, if it does.
  @Nullable String control(String text) {
    return controls.stream().filter(text::contains).findFirst().orElse(null);
  }

  private static Map<Character, Byte> byteLevel() {
    Map<Character, Byte> bytes = new HashMap<>();
    int beyond = 0;
    for (int each = 0; each < 256; each++) {
      boolean itself =
          (each >= '!' && each <= '~') || (each >= 0xA1 && each <= 0xAC) || each >= 0xAE;
      char character = (char) (itself ? each : 256 + beyond++);
      bytes.put(character, (byte) each);
    }
    return Map.copyOf(bytes);
  }

  /// The file, as it is read.
  private static final class Reading {
    private final Map<String, Integer> tokens = new HashMap<>();
    private final List<JsonNode> added = new ArrayList<>();
    private boolean byteLevel;

    Vocabulary read(JsonParser parser) throws IOException {
      require(parser.nextToken() == JsonToken.START_OBJECT, "it is no JSON object");
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "added_tokens" -> parser.<JsonNode>readValueAsTree().forEach(added::add);
          case "pre_tokenizer", "decoder" -> {
            JsonNode tree = parser.readValueAsTree();
            byteLevel |= tree.findValuesAsText("type").contains("ByteLevel");
          }
          case "model" -> readModel(parser);
          default -> parser.skipChildren();
        }
      }
      require(!tokens.isEmpty(), "it has no model.vocab");
      Map<Integer, byte[]> pieces = HashMap.newHashMap(tokens.size());
      tokens.forEach((text, id) -> pieces.put(id, byteLevel ? bytes(text) : plain(text)));
      List<String> controls = new ArrayList<>();
      for (JsonNode token : added) {
        String content = token.path("content").asText();
        boolean special = token.path("special").asBoolean();
        pieces.put(
            token.path("id").asInt(-1),
            special ? NOTHING : content.getBytes(StandardCharsets.UTF_8));
        if (special && !content.isEmpty()) {
          controls.add(content);
        }
      }
      return new Vocabulary(pieces, controls);
    }

    private void readModel(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean vocabulary = parser.currentName().equals("vocab");
        JsonToken begin = parser.nextToken();
        if (vocabulary && begin == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            tokens.put(parser.currentName(), parser.nextIntValue(-1));
          }
        } else if (vocabulary && begin == JsonToken.START_ARRAY) {
          for (int id = 0; parser.nextToken() != JsonToken.END_ARRAY; id++) {
            JsonNode scored = parser.readValueAsTree();
            tokens.put(scored.path(0).asText(), id);
          }
        } else {
          parser.skipChildren();
        }
      }
    }

    private static byte[] bytes(String text) {
      byte[] bytes = new byte[text.length()];
      for (int i = 0; i < bytes.length; i++) {
        Byte each = BYTE_LEVEL.get(text.charAt(i));
        if (each == null) {
          return plain(text); // written out, as some added tokens are
        }
        bytes[i] = each;
      }
      return bytes;
    }

    private static byte[] plain(String text) {
      if (text.length() == 6 && text.startsWith("<0x") && text.endsWith(">")) {
        return HexFormat.of().parseHex(text.substring(3, 5));
      }
      return text.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
    }

    private static void require(boolean holds, String otherwise) throws IOException {
      if (!holds) {
        throw new IOException(otherwise);
      }
    }
  }
}
