package dev.comptroller.reconcile.charges;

/// What a deployment was asked for in some time.
///
/// @param prompt tokens of prompts
/// @param answer tokens of answers
/// @param requests how many
record Load(long prompt, long answer, long requests) {
  static final Load NONE = new Load(0, 0, 0);

  Load plus(Load other) {
    return new Load(prompt + other.prompt, answer + other.answer, requests + other.requests);
  }

  long tokens() {
    return prompt + answer;
  }

  boolean isNone() {
    return equals(NONE);
  }
}
