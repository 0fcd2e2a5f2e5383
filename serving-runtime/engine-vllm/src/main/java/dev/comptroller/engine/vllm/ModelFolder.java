package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.engine.EngineException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a folder in Hugging Face's format says of its model.
///
/// @param name the folder's own name
/// @param description architecture, type of numbers and quantization in words
/// @param vocabularySize ids that the model knows, 0 to one less
/// @param ends tokens that end an answer
/// @param weightsBytes bytes of the `*.safetensors`
/// @param vocabulary the tokens' bytes
record ModelFolder(
    String name,
    String description,
    int vocabularySize,
    Set<Integer> ends,
    long weightsBytes,
    Vocabulary vocabulary) {
  private static final ObjectMapper JSON = new ObjectMapper();

  ModelFolder {
    ends = Set.copyOf(ends);
  }

  /// Reads a folder; what it lacks is named.
  static ModelFolder read(Path folder) {
    JsonNode config =
        file(folder, "config.json")
            .orElseThrow(
                () ->
                    new EngineException(
                        "--model %s has no config.json; name a folder in Hugging Face's format"
                            .formatted(folder)));
    JsonNode text = config.has("text_config") ? config.path("text_config") : config;
    int size = text.path("vocab_size").asInt();
    if (size < 1) {
      throw new EngineException(
          "%s/config.json: vocab_size must be 1 or more, is %s"
              .formatted(folder, text.path("vocab_size")));
    }
    Set<Integer> ends = new TreeSet<>();
    addEnds(ends, text.path("eos_token_id"));
    addEnds(ends, config.path("eos_token_id"));
    file(folder, "generation_config.json")
        .ifPresent(generation -> addEnds(ends, generation.path("eos_token_id")));
    return new ModelFolder(
        folder.getFileName().toString(),
        description(config, text),
        size,
        ends,
        weights(folder),
        Vocabulary.read(folder));
  }

  private static String description(JsonNode config, JsonNode text) {
    String type = text.path("dtype").asText(text.path("torch_dtype").asText("as stored"));
    String quantization = config.path("quantization_config").path("quant_method").asText();
    return "%s %s%s"
        .formatted(
            config.path("architectures").path(0).asText("model"),
            type,
            quantization.isEmpty() ? "" : " " + quantization);
  }

  private static void addEnds(Set<Integer> ends, JsonNode node) {
    if (node.isIntegralNumber()) {
      ends.add(node.intValue());
    }
    node.forEach(each -> ends.add(each.asInt()));
  }

  private static Optional<JsonNode> file(Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readTree(file.toFile()));
    } catch (IOException e) {
      throw new EngineException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static long weights(Path folder) {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.safetensors")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    } catch (IOException e) {
      throw new EngineException("%s cannot be listed: %s".formatted(folder, e.getMessage()), e);
    }
    return bytes;
  }
}
