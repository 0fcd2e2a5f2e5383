package dev.comptroller.gateway.queue;

import java.io.InputStream;
import java.util.Optional;
import java.util.function.Function;

/// A request about files or batches.
///
/// @param owner who asks
/// @param id in the path; empty if there is none
/// @param contentType of the body
/// @param body as it comes
/// @param parameters of the query
public record Ask(
    Owner owner,
    String id,
    String contentType,
    InputStream body,
    Function<String, Optional<String>> parameters) {
  String parameter(String name, String otherwise) {
    return parameters.apply(name).orElse(otherwise);
  }

  /// A page size.
  int limit(int otherwise, int most) throws QueueRefused {
    String asked = parameter("limit", Integer.toString(otherwise));
    if (!asked.matches("[0-9]{1,6}")
        || Integer.parseInt(asked) < 1
        || Integer.parseInt(asked) > most) {
      throw QueueRefused.bad(
          "limit must be a whole number from 1 to %d, is %s"
              .formatted(most, InputLine.Reader.cut(asked)),
          "limit");
    }
    return Integer.parseInt(asked);
  }
}
