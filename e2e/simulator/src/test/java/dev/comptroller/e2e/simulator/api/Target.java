package dev.comptroller.e2e.simulator.api;

import java.util.List;

/// What a path of the API names.
///
/// @param namespace empty for all of them, and for what is in none
/// @param name empty for all of them
/// @param status whether it is the status of the object
record Target(Kind kind, String namespace, String name, boolean status) {
  /// The target of `path`.
  static Target of(String path) {
    List<String> parts = List.of(path.substring(1).split("/", -1));
    boolean core = parts.getFirst().equals("api");
    String version = core ? parts.get(1) : parts.get(1) + "/" + parts.get(2);
    List<String> rest = parts.subList(core ? 2 : 3, parts.size());
    String namespace = "";
    if (rest.size() > 2 && rest.getFirst().equals("namespaces") && !rest.get(2).equals("status")) {
      namespace = rest.get(1);
      rest = rest.subList(2, rest.size());
    }
    String plural = rest.getFirst();
    Kind kind =
        Kind.of(version, plural)
            .orElseThrow(() -> new FakeApi.RefusedException(404, "NotFound", "no kind " + path));
    String name = rest.size() > 1 ? rest.get(1) : "";
    boolean status = rest.size() > 2 && rest.get(2).equals("status");
    if (rest.size() > 2 && !status) {
      throw new FakeApi.RefusedException(404, "NotFound", "no subresource " + path);
    }
    return new Target(kind, namespace, name, status);
  }
}
