package dev.comptroller.server;

import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.protocol.openai.ChatChunk;
import dev.comptroller.protocol.openai.ChatChunk.Delta;
import dev.comptroller.protocol.openai.ChatCompletion;
import dev.comptroller.protocol.openai.ChatLogprobs;
import dev.comptroller.protocol.openai.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Answers of `/v1/chat/completions`.
///
/// @param withLogprobs whether log-probabilities were asked for
/// @param includeUsage whether a stream tells the tokens
/// @param serviceTier the tier that serves, when the request named one
record ChatShape(
    Json json,
    Tokenizer tokenizer,
    String id,
    long created,
    String model,
    String fingerprint,
    boolean withLogprobs,
    boolean includeUsage,
    @Nullable String serviceTier)
    implements AnswerShape {
  private static final String CHUNK = "chat.completion.chunk";

  @Override
  public Optional<byte[]> opening() {
    return Optional.of(chunk(new Delta("assistant", ""), null, null));
  }

  @Override
  public byte[] piece(String text, List<ScoredToken> tokens) {
    return chunk(new Delta(null, text), logprobs(tokens), null);
  }

  @Override
  public byte[] end(String finishReason) {
    return chunk(new Delta(null, null), null, finishReason);
  }

  @Override
  public byte[] usage(TokenUsage usage) {
    return json.writeWithoutEmpty(
        new ChatChunk(id, CHUNK, created, model, List.of(), usage, serviceTier, fingerprint),
        "service_tier");
  }

  @Override
  public byte[] whole(
      String text, List<ScoredToken> tokens, String finishReason, TokenUsage usage) {
    var message = new ChatCompletion.Message("assistant", text, null);
    var choice = new ChatCompletion.Choice(0, message, logprobs(tokens), finishReason);
    return json.writeWithoutEmpty(
        new ChatCompletion(
            id,
            "chat.completion",
            created,
            model,
            List.of(choice),
            usage,
            serviceTier,
            fingerprint),
        "service_tier");
  }

  private byte[] chunk(
      Delta delta, @Nullable ChatLogprobs logprobs, @Nullable String finishReason) {
    var choice = new ChatChunk.Choice(0, delta, logprobs, finishReason);
    var chunk =
        new ChatChunk(id, CHUNK, created, model, List.of(choice), null, serviceTier, fingerprint);
    return includeUsage
        ? json.writeWithoutEmpty(chunk, "service_tier")
        : json.writeWithoutEmpty(chunk, "service_tier", "usage");
  }

  private @Nullable ChatLogprobs logprobs(List<ScoredToken> tokens) {
    if (!withLogprobs) {
      return null;
    }
    var content = new ArrayList<ChatLogprobs.Token>();
    for (ScoredToken token : tokens) {
      byte[] piece = tokenizer.piece(token.id());
      var top = new ArrayList<ChatLogprobs.Candidate>();
      for (TokenEvent.Candidate candidate : token.logprob().top()) {
        byte[] other = tokenizer.piece(candidate.id());
        top.add(new ChatLogprobs.Candidate(text(other), candidate.logprob(), numbers(other)));
      }
      content.add(
          new ChatLogprobs.Token(text(piece), token.logprob().value(), numbers(piece), top));
    }
    return new ChatLogprobs(content);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static List<Integer> numbers(byte[] bytes) {
    var numbers = new ArrayList<Integer>(bytes.length);
    for (byte each : bytes) {
      numbers.add(each & 0xff);
    }
    return numbers;
  }
}
