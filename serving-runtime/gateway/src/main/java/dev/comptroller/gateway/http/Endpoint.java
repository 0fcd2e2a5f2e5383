package dev.comptroller.gateway.http;

import dev.comptroller.gateway.relay.ClientGone;
import java.util.Optional;

/// One row of the route table.
///
/// @param listener the port that answers it
/// @param method HTTP method
/// @param path exact, or with an `{id}`, which takes the rest of the path up to what follows it
/// @param access who may call it
/// @param handler what answers it, on a virtual thread of its own
/// @param intake how its body comes in
record Endpoint(
    Listener listener, String method, String path, Access access, Handler handler, Intake intake) {
  private static final String REST = "{id}";

  /// An endpoint whose body is read before it is answered.
  Endpoint(Listener listener, String method, String path, Access access, Handler handler) {
    this(listener, method, path, access, handler, Intake.WHOLE);
  }

  /// How a body comes in.
  enum Intake {
    /// All of it, into memory, before the handler starts.
    WHOLE,
    /// As the handler reads it: for bodies that memory must not hold.
    STREAMED
  }

  /// The port that an endpoint is on.
  enum Listener {
    /// The OpenAI address.
    PUBLIC,
    /// Health, metrics and usage.
    ADMIN
  }

  /// Who may call an endpoint.
  enum Access {
    /// Who has proved to be a client, by key or token.
    CREDENTIAL,
    /// A service account that the gateway was told may read what every namespace asked for.
    ADMIN,
    /// Everybody who reaches the port: nothing that a single request left behind.
    OPEN
  }

  Endpoint {
    if (listener == Listener.PUBLIC && access != Access.CREDENTIAL) {
      throw new IllegalArgumentException(path + " is public, so it must ask for a credential");
    }
  }

  /// Answers a request.
  @FunctionalInterface
  interface Handler {
    /// Answers it to its end.
    void handle(HttpExchange exchange) throws ClientGone, InterruptedException;
  }

  /// What `{id}` stands for in a path, still encoded; empty text for an exact match.
  Optional<String> match(String requested) {
    int at = path.indexOf(REST);
    if (at < 0) {
      return path.equals(requested) ? Optional.of("") : Optional.empty();
    }
    String prefix = path.substring(0, at);
    String suffix = path.substring(at + REST.length());
    return requested.startsWith(prefix)
            && requested.endsWith(suffix)
            && requested.length() > prefix.length() + suffix.length()
        ? Optional.of(requested.substring(at, requested.length() - suffix.length()))
        : Optional.empty();
  }
}
