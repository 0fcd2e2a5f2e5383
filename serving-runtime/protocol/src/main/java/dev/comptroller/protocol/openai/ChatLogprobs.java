package dev.comptroller.protocol.openai;

import java.util.List;

/// How likely the tokens of a chat answer were.
public record ChatLogprobs(List<Token> content) {
  public ChatLogprobs {
    content = List.copyOf(content);
  }

  /// A token that was chosen.
  ///
  /// @param token its text; bytes that are no whole character become U+FFFD
  /// @param bytes its exact bytes
  /// @param topLogprobs the likeliest tokens in its place, best first
  public record Token(
      String token, double logprob, List<Integer> bytes, List<Candidate> topLogprobs) {
    public Token {
      bytes = List.copyOf(bytes);
      topLogprobs = List.copyOf(topLogprobs);
    }
  }

  /// A token that could have been chosen.
  public record Candidate(String token, double logprob, List<Integer> bytes) {
    public Candidate {
      bytes = List.copyOf(bytes);
    }
  }
}
