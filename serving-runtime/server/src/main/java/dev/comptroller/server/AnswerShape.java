package dev.comptroller.server;

import dev.comptroller.engine.TokenEvent;
import dev.comptroller.protocol.openai.TokenUsage;
import java.util.List;
import java.util.Optional;

/// How the pieces of an answer look on the wire.
interface AnswerShape {
  /// What comes before the first text in a stream.
  Optional<byte[]> opening();

  /// New text.
  ///
  /// @param tokens tokens with their log-probabilities, when these were asked for
  byte[] piece(String text, List<ScoredToken> tokens);

  /// The piece that says why the answer ended.
  byte[] end(String finishReason);

  /// The last piece, which tells the tokens.
  byte[] usage(TokenUsage usage);

  /// The answer as a whole.
  byte[] whole(String text, List<ScoredToken> tokens, String finishReason, TokenUsage usage);

  /// A token of an answer with its log-probability.
  record ScoredToken(int id, TokenEvent.Logprob logprob) {}
}
