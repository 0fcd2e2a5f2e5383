package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.engine.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A request for a chat answer.
record ChatRequest(String model, List<ChatMessage> messages, GenerationOptions options) {
  ChatRequest {
    messages = List.copyOf(messages);
  }

  /// Reads a request; what is wrong is named.
  static ChatRequest read(JsonNode body) {
    Fields fields = Fields.of(body);
    fields.require("model", "name the model");
    String model = fields.text("model").orElseThrow();
    List<ChatMessage> messages = messages(fields);
    refuseWhatIsNotOffered(fields);
    GenerationOptions options =
        GenerationOptions.read(fields, maxTokens(fields), topLogprobs(fields));
    fields.refuseOthers();
    return new ChatRequest(model, messages, options);
  }

  private static void refuseWhatIsNotOffered(Fields fields) {
    fields.refuse("is not supported by this server yet; remove it", "tools", "functions");
    fields.refuse("is not supported by this server; remove it", "audio", "prediction");
    fields.refuse(
        "is not supported by this server; remove it",
        "web_search_options",
        "reasoning_effort",
        "verbosity",
        "moderation");
    fields.ignore("parallel_tool_calls");
    for (String field : List.of("tool_choice", "function_call")) {
      fields
          .find(field)
          .filter(choice -> !(choice.isTextual() && isNoTool(choice.textValue())))
          .ifPresent(
              _ -> {
                throw new ApiException(
                    ApiError.unsupported(
                        field, "'" + field + "' is not supported by this server yet; remove it"));
              });
    }
    fields
        .find("modalities")
        .filter(m -> !(m.isArray() && m.size() == 1 && m.get(0).asText().equals("text")))
        .ifPresent(
            modalities -> {
              throw Fields.wrong("modalities", "[\"text\"]", modalities);
            });
    fields
        .find("response_format")
        .map(format -> Fields.of(format, "response_format"))
        .ifPresent(ChatRequest::requireTextFormat);
  }

  private static boolean isNoTool(String choice) {
    return choice.equals("none") || choice.equals("auto");
  }

  private static void requireTextFormat(Fields format) {
    JsonNode type = format.require("type", "the only format is \"text\"");
    if (!type.asText().equals("text")) {
      throw new ApiException(
          ApiError.unsupported(
              "response_format.type",
              "'response_format.type' must be \"text\", is " + Fields.shown(type)));
    }
    format.refuseOthers();
  }

  private static OptionalInt maxTokens(Fields fields) {
    OptionalInt older = fields.whole("max_tokens", 1, Integer.MAX_VALUE);
    OptionalInt newer = fields.whole("max_completion_tokens", 1, Integer.MAX_VALUE);
    return newer.isPresent() ? newer : older;
  }

  private static OptionalInt topLogprobs(Fields fields) {
    boolean asked = fields.flag("logprobs", false);
    OptionalInt top = fields.whole("top_logprobs", 0, 20);
    if (!asked && top.orElse(0) > 0) {
      throw new ApiException(
          ApiError.invalid(
              "top_logprobs", "'top_logprobs' needs 'logprobs': true; remove it or set that"));
    }
    return asked ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
  }

  private static List<ChatMessage> messages(Fields fields) {
    List<JsonNode> nodes = fields.elements("messages", "send at least one message");
    var messages = new ArrayList<ChatMessage>();
    for (int i = 0; i < nodes.size(); i++) {
      messages.add(message(Fields.of(nodes.get(i), "messages[" + i + "]")));
    }
    return messages;
  }

  private static ChatMessage message(Fields fields) {
    JsonNode role = fields.require("role", "system, developer, user, assistant or tool");
    String speaker =
        switch (role.asText()) {
          case "system", "developer" -> "system";
          case "user" -> "user";
          case "assistant" -> "assistant";
          case "tool" -> "tool";
          default ->
              throw Fields.wrong(
                  fields.name("role"), "system, developer, user, assistant or tool", role);
        };
    fields.refuse(
        "is not supported by this server yet; send text messages only",
        "tool_calls",
        "function_call",
        "audio");
    fields.ignore("name", "refusal", "tool_call_id");
    JsonNode content = fields.require("content", "a string or an array of text parts");
    String text = text(content, fields.name("content"));
    fields.refuseOthers();
    return new ChatMessage(speaker, text);
  }

  private static String text(JsonNode content, String name) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw Fields.wrong(name, "a string or an array of text parts", content);
    }
    var texts = new ArrayList<String>();
    for (int i = 0; i < content.size(); i++) {
      Fields part = Fields.of(content.get(i), name + "[" + i + "]");
      JsonNode type = part.require("type", "the only kind of part is \"text\"");
      if (!type.asText().equals("text")) {
        throw new ApiException(
            ApiError.unsupported(
                part.name("type"),
                "'%s' must be \"text\", is %s".formatted(part.name("type"), Fields.shown(type))));
      }
      part.require("text", "the text of the part");
      texts.add(part.text("text").orElseThrow());
      part.refuseOthers();
    }
    return String.join("\n", texts);
  }

  /// The tier that was asked for, if one was.
  Optional<String> serviceTier() {
    return options.serviceTier();
  }
}
