package dev.comptroller.server;

import dev.comptroller.engine.TokenEvent;
import dev.comptroller.engine.Tokenizer;
import dev.comptroller.protocol.openai.TextCompletion;
import dev.comptroller.protocol.openai.TextCompletion.Logprobs;
import dev.comptroller.protocol.openai.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Answers of `/v1/completions`; one shape for one answer, because it counts offsets.
final class TextShape implements AnswerShape {
  private final Json json;
  private final Tokenizer tokenizer;
  private final String id;
  private final long created;
  private final String model;
  private final String fingerprint;
  private final boolean withLogprobs;
  private final boolean includeUsage;
  private int offset;

  TextShape(
      Json json,
      Replica replica,
      String id,
      long created,
      String model,
      GenerationOptions options) {
    this.json = json;
    this.tokenizer = replica.tokenizer();
    this.id = id;
    this.created = created;
    this.model = model;
    this.fingerprint = replica.fingerprint();
    this.withLogprobs = options.topLogprobs().isPresent();
    this.includeUsage = options.includeUsage();
  }

  @Override
  public Optional<byte[]> opening() {
    return Optional.empty();
  }

  @Override
  public byte[] piece(String text, List<ScoredToken> tokens) {
    return part(text, logprobs(tokens), null);
  }

  @Override
  public byte[] end(String finishReason) {
    return part("", null, finishReason);
  }

  @Override
  public byte[] usage(TokenUsage usage) {
    return json.write(completion(List.of(), usage));
  }

  @Override
  public byte[] whole(
      String text, List<ScoredToken> tokens, String finishReason, TokenUsage usage) {
    var choice = new TextCompletion.Choice(text, 0, logprobs(tokens), finishReason);
    return json.write(completion(List.of(choice), usage));
  }

  private byte[] part(String text, @Nullable Logprobs logprobs, @Nullable String finishReason) {
    var choice = new TextCompletion.Choice(text, 0, logprobs, finishReason);
    TextCompletion part = completion(List.of(choice), null);
    return includeUsage ? json.write(part) : json.writeWithoutEmpty(part, "usage");
  }

  private TextCompletion completion(
      List<TextCompletion.Choice> choices, @Nullable TokenUsage usage) {
    return new TextCompletion(id, "text_completion", created, model, choices, usage, fingerprint);
  }

  private @Nullable Logprobs logprobs(List<ScoredToken> scored) {
    if (!withLogprobs) {
      return null;
    }
    var tokens = new ArrayList<String>();
    var values = new ArrayList<Double>();
    var tops = new ArrayList<Map<String, Double>>();
    var offsets = new ArrayList<Integer>();
    for (ScoredToken token : scored) {
      String text = text(token.id());
      var top = new LinkedHashMap<String, Double>();
      for (TokenEvent.Candidate candidate : token.logprob().top()) {
        top.putIfAbsent(text(candidate.id()), candidate.logprob());
      }
      tokens.add(text);
      values.add(token.logprob().value());
      tops.add(top);
      offsets.add(offset);
      offset += text.length();
    }
    return new Logprobs(tokens, values, tops, offsets);
  }

  private String text(int token) {
    return new String(tokenizer.piece(token), StandardCharsets.UTF_8);
  }
}
