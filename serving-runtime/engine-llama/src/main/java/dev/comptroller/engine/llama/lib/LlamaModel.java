package dev.comptroller.engine.llama.lib;

import dev.comptroller.engine.ChatMessage;
import java.util.List;
import java.util.Optional;

/// An open model; reading methods are safe from many threads until it is closed.
public interface LlamaModel extends AutoCloseable {
  /// Architecture, size and quantization in words.
  String description();

  /// A metadata value of the file, such as `general.name`.
  Optional<String> metadata(String key);

  /// Bytes of all tensors.
  long weightsBytes();

  /// Number of parameters.
  long parameters();

  /// The context length that the model was trained on.
  int trainedContextLength();

  /// Number of token ids.
  int vocabularySize();

  /// The tokens of a text.
  int[] tokenize(String text, boolean addSpecial, boolean parseSpecial);

  /// The bytes of a token; empty for control tokens.
  byte[] piece(int token);

  /// Whether a token ends a generation.
  boolean endsGeneration(int token);

  /// The chat template in the file.
  Optional<String> chatTemplate();

  /// A conversation through a template; empty when the library does not know the template.
  Optional<String> applyTemplate(String template, List<ChatMessage> messages, boolean addAssistant);

  /// A context to compute in.
  ///
  /// @throws dev.comptroller.engine.EngineException when there is not enough memory
  LlamaContext newContext(ContextOptions options);

  /// Frees the model; its contexts are to be closed before.
  @Override
  void close();
}
