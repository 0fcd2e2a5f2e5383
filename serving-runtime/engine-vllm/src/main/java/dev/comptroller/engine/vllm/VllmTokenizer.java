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
    try {
      return tokens(http.good(PATH, http.post(PATH, body)));
    } catch (IOException e) {
      throw new EngineException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
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
    try {
      VllmHttp.Answer answer = http.post(PATH, body);
      if (answer.status() == 400) {
        throw new ChatTemplateException(
            "The model's chat template refuses these messages: " + http.reason(answer.body()));
      }
      return tokens(http.good(PATH, answer));
    } catch (IOException e) {
      throw new EngineException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static int[] tokens(JsonNode answer) {
    JsonNode tokens = answer.path("tokens");
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.get(i).asInt(-1);
    }
    return ids;
  }

  private static EngineException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new EngineException("interrupted while vLLM was asked", e);
  }
}
