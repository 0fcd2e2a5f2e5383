package dev.comptroller.engine;

/// Why a request was not accepted.
public sealed interface Rejection {
  /// A sentence with the numbers, for the client.
  String message();

  /// A short name for metrics: `queue_full`, `queue_slow`, `prompt_empty`, `prompt_too_long`,
  /// `token_unknown`, `draining`, `engine_failed`.
  String code();

  /// As many requests wait as may.
  record QueueFull(int waiting, int maxQueued) implements Rejection {
    @Override
    public String message() {
      return waiting + " requests wait already and maxQueued is " + maxQueued + "; retry later";
    }

    @Override
    public String code() {
      return "queue_full";
    }
  }

  /// It would wait longer than anybody may.
  record QueueSlow(int waiting, long waitNanos, long maxQueueNanos) implements Rejection {
    private static final double MILLI = 1e6;

    @Override
    public String message() {
      return ("%d requests wait already and a place is expected to be free in %.0f ms, maxQueueTime"
              + " is %.0f ms; retry later")
          .formatted(waiting, waitNanos / MILLI, maxQueueNanos / MILLI);
    }

    @Override
    public String code() {
      return "queue_slow";
    }
  }

  /// There is nothing to complete.
  record PromptEmpty() implements Rejection {
    @Override
    public String message() {
      return "The prompt has no tokens; send at least one";
    }

    @Override
    public String code() {
      return "prompt_empty";
    }
  }

  /// Prompt and completion do not fit the context together.
  record PromptTooLong(int promptTokens, int maxTokens, int contextLength) implements Rejection {
    @Override
    public String message() {
      return "The prompt has "
          + promptTokens
          + " tokens and up to "
          + maxTokens
          + " are asked for, but the context holds "
          + contextLength
          + "; shorten the prompt or lower the maximum";
    }

    @Override
    public String code() {
      return "prompt_too_long";
    }
  }

  /// The prompt has a token that the model does not know.
  record TokenUnknown(int token, int vocabularySize) implements Rejection {
    @Override
    public String message() {
      return "The prompt has token "
          + token
          + ", but the vocabulary has ids 0 to "
          + (vocabularySize - 1);
    }

    @Override
    public String code() {
      return "token_unknown";
    }
  }

  /// The loop finishes what runs and takes nothing new.
  record Draining() implements Rejection {
    @Override
    public String message() {
      return "The server is shutting down; retry on another replica";
    }

    @Override
    public String code() {
      return "draining";
    }
  }

  /// The engine failed and computes nothing any more.
  record EngineFailed(String cause) implements Rejection {
    @Override
    public String message() {
      return "The engine failed: " + cause;
    }

    @Override
    public String code() {
      return "engine_failed";
    }
  }
}
