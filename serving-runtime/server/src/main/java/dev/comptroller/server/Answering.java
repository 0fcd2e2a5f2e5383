package dev.comptroller.server;

import dev.comptroller.engine.FinishReason;
import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.TokenStream;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.engine.Usage;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.openai.TokenUsage;
import dev.comptroller.server.AnswerShape.ScoredToken;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Carries tokens from the engine to the client, in pieces or as a whole.
///
/// An engine that fails before the first token gives an error status; one that fails later gives an
/// error event, after which the stream ends without `[DONE]`.
final class Answering {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.UTF_8);
  private static final String JSON = "application/json";

  private final Json json;
  private final Exchange exchange;
  private final TokenStream tokens;
  private final Tokenizer tokenizer;
  private final AnswerShape shape;
  private final List<ScoredToken> scored = new ArrayList<>();
  private final boolean metered;

  Answering(
      Json json, Exchange exchange, TokenStream tokens, Tokenizer tokenizer, AnswerShape shape) {
    this.json = json;
    this.exchange = exchange;
    this.tokens = tokens;
    this.tokenizer = tokenizer;
    this.shape = shape;
    this.metered = exchange.requestHeader(Names.METER_HEADER).equals("1");
  }

  /// Answers in one piece when the completion has ended.
  void whole() throws InterruptedException {
    var text = new StringBuilder();
    while (true) {
      TokenEvent event = tokens.next();
      text.append(event.text());
      switch (event) {
        case TokenEvent.Token token -> note(token);
        case TokenEvent.Finished finished -> {
          if (metered) {
            long gpuNanos = finished.usage().gpuNanos();
            exchange.header(Names.GPU_NANOS_HEADER, String.valueOf(gpuNanos));
          }
          failure(finished).ifPresent(Answering::refuse);
          exchange.answer(
              200,
              JSON,
              shape.whole(text.toString(), scored, name(finished), usage(finished.usage())));
          return;
        }
      }
    }
  }

  /// Answers token by token.
  ///
  /// @param promptTokens told at the start when metered, so that a stream that breaks has a count
  void stream(boolean includeUsage, int promptTokens) throws InterruptedException {
    TokenEvent event = tokens.next();
    if (event instanceof TokenEvent.Finished finished) {
      failure(finished).ifPresent(Answering::refuse);
    }
    exchange.startEvents();
    meter(new Usage(promptTokens, 0, 0, 0));
    Optional<byte[]> opening = shape.opening();
    boolean there = opening.isEmpty() || exchange.event(opening.get());
    while (there) {
      switch (event) {
        case TokenEvent.Token token -> {
          note(token);
          there = token.text().isEmpty() || sendPiece(token.text());
          event = tokens.next();
        }
        case TokenEvent.Finished finished -> {
          end(finished, includeUsage);
          return;
        }
      }
    }
  }

  private void end(TokenEvent.Finished finished, boolean includeUsage) throws InterruptedException {
    if (!finished.text().isEmpty() || !scored.isEmpty()) {
      sendPiece(finished.text());
    }
    Optional<ApiError> failure = failure(finished);
    if (failure.isPresent()) {
      meter(finished.usage());
      exchange.event(json.write(failure.get().body()));
    } else {
      exchange.event(shape.end(name(finished)));
      if (includeUsage) {
        exchange.event(shape.usage(usage(finished.usage())));
      }
      meter(finished.usage());
      exchange.event(DONE);
    }
    exchange.endEvents();
  }

  private void meter(Usage usage) throws InterruptedException {
    if (metered) {
      exchange.comment(
          ("%s{\"prompt_tokens\":%d,\"cached_tokens\":%d,\"completion_tokens\":%d,"
                  + "\"gpu_ns\":%d}")
              .formatted(
                  Names.USAGE_COMMENT,
                  usage.promptTokens(),
                  usage.cachedTokens(),
                  usage.completionTokens(),
                  usage.gpuNanos()));
    }
  }

  private boolean sendPiece(String text) throws InterruptedException {
    byte[] piece = shape.piece(text, scored);
    scored.clear();
    return exchange.event(piece);
  }

  private void note(TokenEvent.Token token) {
    if (!tokenizer.endsGeneration(token.id())) {
      token.askedLogprob().ifPresent(logprob -> scored.add(new ScoredToken(token.id(), logprob)));
    }
  }

  private static void refuse(ApiError error) {
    throw new ApiException(error);
  }

  private static Optional<ApiError> failure(TokenEvent.Finished finished) {
    return switch (finished.reason()) {
      case STOP, LENGTH -> Optional.empty();
      case ERROR -> Optional.of(ApiError.failed("The engine failed: " + finished.message()));
      case CANCELLED ->
          Optional.of(
              ApiError.unavailable("cancelled", "The server gave the request up; send it again"));
    };
  }

  private static String name(TokenEvent.Finished finished) {
    return finished.reason() == FinishReason.STOP ? "stop" : "length";
  }

  private static TokenUsage usage(Usage usage) {
    return TokenUsage.of(usage.promptTokens(), usage.cachedTokens(), usage.completionTokens());
  }
}
