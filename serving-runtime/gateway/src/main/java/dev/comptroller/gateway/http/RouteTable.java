package dev.comptroller.gateway.http;

import dev.comptroller.gateway.http.Endpoint.Access;
import dev.comptroller.gateway.http.Endpoint.Intake;
import dev.comptroller.gateway.http.Endpoint.Listener;
import java.util.List;

/// Every endpoint of the gateway, in one place.
///
/// What is not here cannot be reached; what is here on the public port asks for a credential.
final class RouteTable {
  private RouteTable() {}

  static List<Endpoint> of(
      Completions completions, Models models, Admin admin, QueueEndpoints queue) {
    return List.of(
        row(Listener.PUBLIC, "POST", "/v1/chat/completions", completions::handle),
        row(Listener.PUBLIC, "POST", "/v1/completions", completions::handle),
        row(Listener.PUBLIC, "GET", "/v1/models", models::list),
        row(Listener.PUBLIC, "GET", "/v1/models/{id}", models::one),
        new Endpoint(
            Listener.PUBLIC,
            "POST",
            "/v1/files",
            Access.CREDENTIAL,
            queue.of((now, ask) -> now.files().upload(ask)),
            Intake.STREAMED),
        row("GET", "/v1/files", queue.of((now, ask) -> now.files().list(ask))),
        row("GET", "/v1/files/{id}/content", queue.of((now, ask) -> now.files().content(ask))),
        row("GET", "/v1/files/{id}", queue.of((now, ask) -> now.files().get(ask))),
        row("DELETE", "/v1/files/{id}", queue.of((now, ask) -> now.files().delete(ask))),
        row("POST", "/v1/batches", queue.of((now, ask) -> now.batches().create(ask))),
        row("GET", "/v1/batches", queue.of((now, ask) -> now.batches().list(ask))),
        row("POST", "/v1/batches/{id}/cancel", queue.of((now, ask) -> now.batches().cancel(ask))),
        row("GET", "/v1/batches/{id}", queue.of((now, ask) -> now.batches().get(ask))),
        row(Listener.ADMIN, "GET", "/queue", queue::overview),
        row(Listener.ADMIN, "GET", "/health/live", admin::live),
        row(Listener.ADMIN, "GET", "/health/ready", admin::ready),
        row(Listener.ADMIN, "GET", "/metrics", admin::metrics),
        row(Listener.ADMIN, "GET", "/usage", admin::usage));
  }

  private static Endpoint row(String method, String path, Endpoint.Handler handler) {
    return row(Listener.PUBLIC, method, path, handler);
  }

  private static Endpoint row(
      Listener listener, String method, String path, Endpoint.Handler handler) {
    Access access =
        switch (listener) {
          case PUBLIC -> Access.CREDENTIAL;
          case ADMIN -> Access.OPEN;
        };
    return new Endpoint(listener, method, path, access, handler);
  }
}
