package dev.comptroller.engine.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.engine.ChatMessage;
import dev.comptroller.engine.ChatTemplateException;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.Tokenizer;
import java.io.IOException;
import java.util.List;

/// vLLM's tokenizer and chat template, asked over HTTP.
///
/// It reads control tokens in whatever text it is given, so a message that spells one out is
/// refused: it could pose as another.
final class VllmTokenizer implements Tokenizer {
  private static final String PATH = "/tokenize";

  private final VllmHttp http;
  private final String model;
  private final ModelFolder folder;

  /// @param model what vLLM calls it
  VllmTokenizer(VllmHttp http, String model, ModelFolder folder) {
    this.http = http;
    this.model = model;
    this.folder = folder;
  }

  @Override
  public int vocabularySize() {
    return folder.vocabularySize();
  }

  /// Control tokens are read always: `parseSpecial` makes no difference.
  @Override
  public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model", model).put("prompt", text).put("add_special_tokens", addSpecial);
    return tokens(ask(body));
  }

  @Override
  public byte[] piece(int token) {
    return folder.vocabulary().piece(token);
  }

  @Override
  public boolean endsGeneration(int token) {
    return folder.ends().contains(token);
  }

  @Override
  public int[] chat(List<ChatMessage> messages) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model", model).put("add_generation_prompt", true).put("add_special_tokens", false);
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      String control = folder.vocabulary().control(message.content());
      if (control != null) {
        throw new ChatTemplateException(
            "messages[%d] spells out %s, a control token of this model; remove it"
                .formatted(i, control));
      }
      body.withArray("messages")
          .addObject()
          .put("role", message.role())
          .put("content", message.content());
    }
    VllmHttp.Answer answer = ask(body);
    if (answer.status() == 400) {
      throw new ChatTemplateException(
          "The model's chat template refuses these messages: " + http.reason(answer.body()));
    }
    return tokens(answer);
  }

  private VllmHttp.Answer ask(ObjectNode body) {
    try {
      return http.post(PATH, body);
    } catch (IOException e) {
      throw new EngineException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException("interrupted while vLLM was asked", e);
    }
  }

  private int[] tokens(VllmHttp.Answer answer) {
    JsonNode tokens;
    try {
      tokens = http.good(PATH, answer).path("tokens");
    } catch (IOException e) {
      throw new EngineException(String.valueOf(e.getMessage()), e);
    }
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.get(i).asInt(-1);
    }
    return ids;
  }
}
