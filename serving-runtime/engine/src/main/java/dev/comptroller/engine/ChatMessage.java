package dev.comptroller.engine;

/// One turn of a conversation.
///
/// @param role `system`, `user`, `assistant` or whatever the model's template knows
/// @param content the text
public record ChatMessage(String role, String content) {}
