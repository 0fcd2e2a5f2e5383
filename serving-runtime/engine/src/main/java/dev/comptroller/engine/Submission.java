package dev.comptroller.engine;

/// What became of a submitted request.
public sealed interface Submission {
  /// It will run; its tokens come through the stream.
  record Accepted(TokenStream stream) implements Submission {}

  /// It will not run, for this reason.
  record Rejected(Rejection reason) implements Submission {}
}
