package dev.comptroller.engine;

import dev.comptroller.batching.TokenIds;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a [TokenStream] delivers: tokens, then exactly one end.
///
/// The texts of all events of a stream, in order, are the completion's text. They are whole
/// characters: bytes that are not UTF-8 become U+FFFD, and text that may turn out to be the start
/// of a stop text is held back until that is known.
public sealed interface TokenEvent {
  /// The text that may be shown now; may be empty.
  String text();

  /// One generated token.
  ///
  /// @param id the token
  /// @param text the text that may be shown now; may be empty, or end before the token's own text
  /// @param logprob the token's log-probability and alternatives, when they were asked for
  record Token(int id, String text, @Nullable Logprob logprob) implements TokenEvent {
    /// The log-probability, when it was asked for.
    public Optional<Logprob> askedLogprob() {
      return Optional.ofNullable(logprob);
    }
  }

  /// The end of the completion.
  ///
  /// @param reason why it ended
  /// @param text what had been held back; may be empty
  /// @param usage the exact tokens
  /// @param message what happened, for [FinishReason#ERROR]; else empty
  record Finished(FinishReason reason, String text, Usage usage, String message)
      implements TokenEvent {}

  /// Natural logarithms of probabilities at temperature 1, before penalties.
  ///
  /// @param value the chosen token's
  /// @param top the likeliest tokens, best first
  record Logprob(double value, List<Candidate> top) {
    public Logprob {
      top = List.copyOf(top);
    }
  }

  /// A token that could have been chosen.
  record Candidate(int id, double logprob) {}

  /// The ids of the tokens among some events.
  static TokenIds ids(List<? extends TokenEvent> events) {
    return TokenIds.of(
        events.stream()
            .<Token>mapMulti(
                (event, sink) -> {
                  if (event instanceof Token token) {
                    sink.accept(token);
                  }
                })
            .mapToInt(Token::id)
            .toArray());
  }
}
