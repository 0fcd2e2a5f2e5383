package dev.comptroller.gateway.http;

import dev.comptroller.gateway.http.Endpoint.Access;
import dev.comptroller.gateway.http.Endpoint.Intake;
import dev.comptroller.gateway.http.Endpoint.Listener;
import java.util.List;

/// Every endpoint of the gateway, in one place.
///
/// What is not here cannot be reached. Each row says who may call it: on the public port clients by
/// their credential; on the admin port what lists requests asks for an admin, and probes and
/// metrics are open.
final class RouteTable {
  private RouteTable() {}

  static List<Endpoint> of(
      Completions completions, Models models, Admin admin, QueueEndpoints queue) {
    return List.of(
        row("POST", "/v1/chat/completions", completions::handle),
        row("POST", "/v1/completions", completions::handle),
        row("GET", "/v1/models", models::list),
        row("GET", "/v1/models/{id}", models::one),
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
        admin("/queue", Access.ADMIN, queue::overview),
        admin("/health/live", Access.OPEN, admin::live),
        admin("/health/ready", Access.OPEN, admin::ready),
        admin("/metrics", Access.OPEN, admin::metrics),
        admin("/usage", Access.ADMIN, admin::usage));
  }

  private static Endpoint row(String method, String path, Endpoint.Handler handler) {
    return new Endpoint(Listener.PUBLIC, method, path, Access.CREDENTIAL, handler);
  }

  private static Endpoint admin(String path, Access access, Endpoint.Handler handler) {
    return new Endpoint(Listener.ADMIN, "GET", path, access, handler);
  }
}
