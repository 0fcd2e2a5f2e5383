package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.engine.ChatTemplateException;
import java.util.Arrays;
import java.util.List;

/// A request for the tokens of what could be asked: the body of a chat or text completion as it
/// is, or no more than its `messages` or `prompt`.
final class TokenizeRequest {
  private TokenizeRequest() {}

  /// The tokens of a prompt.
  ///
  /// @param maxModelLen the most tokens that prompt and answer may have together
  record Tokenized(int count, int maxModelLen, List<Integer> tokens) {
    Tokenized {
      tokens = List.copyOf(tokens);
    }
  }

  /// Cuts what a body asks into tokens, as the endpoint that it is for would.
  static Tokenized answer(Replica replica, JsonNode body) {
    boolean special = true;
    if (body instanceof ObjectNode object) {
      Fields fields = Fields.of(object);
      special = fields.flag("add_special_tokens", true);
      if (!fields.flag("add_generation_prompt", true)) {
        throw only("add_generation_prompt", "true");
      }
      if (fields.flag("return_token_strs", false)) {
        throw only("return_token_strs", "false");
      }
      object.remove(List.of("add_special_tokens", "add_generation_prompt", "return_token_strs"));
      if (!object.hasNonNull("model")) {
        object.put("model", replica.names().getFirst());
      }
    }
    int[] tokens = body.hasNonNull("messages") ? chat(replica, body) : text(replica, body, special);
    return new Tokenized(
        tokens.length, replica.info().contextLength(), Arrays.stream(tokens).boxed().toList());
  }

  private static int[] chat(Replica replica, JsonNode body) {
    ChatRequest request = ChatRequest.read(body);
    replica.requireModel(request.model());
    return chat(replica, request);
  }

  /// The tokens of a conversation.
  static int[] chat(Replica replica, ChatRequest request) {
    try {
      return replica.tokenizer().chat(request.messages());
    } catch (ChatTemplateException e) {
      throw new ApiException(ApiError.invalid("messages", String.valueOf(e.getMessage())));
    }
  }

  private static int[] text(Replica replica, JsonNode body, boolean special) {
    TextRequest request = TextRequest.read(body);
    replica.requireModel(request.model());
    return text(replica, request, special);
  }

  /// The tokens of a text.
  static int[] text(Replica replica, TextRequest request, boolean special) {
    return switch (request.prompt()) {
      case TextRequest.Prompt.Text(String text) ->
          replica.tokenizer().tokenize(text, special, true);
      case TextRequest.Prompt.Tokens(var ids) -> ids.toArray();
    };
  }

  private static ApiException only(String field, String value) {
    return new ApiException(
        ApiError.unsupported(field, "'" + field + "' must be " + value + " on this server"));
  }
}
