package dev.comptroller.e2e.nodeagent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How pods reach the API server: its address, and a kubeconfig with a pod's own token.
/// @param server the API server's URL
/// @param certificateAuthority its certificate authority, base64 of PEM; null if it is not checked
record KubeAccess(URI server, @Nullable String certificateAuthority) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static KubeAccess of(Config config) throws IOException {
    String authority = config.getCaCertData();
    if (authority == null && config.getCaCertFile() != null) {
      authority =
          Base64.getEncoder().encodeToString(Files.readAllBytes(Path.of(config.getCaCertFile())));
    }
    return new KubeAccess(URI.create(config.getMasterUrl()), authority);
  }

  /// What every container finds in its environment.
  Map<String, String> variables() {
    String host = server.getHost();
    String port = Integer.toString(server.getPort() > 0 ? server.getPort() : 443);
    return Map.of(
        "KUBERNETES_SERVICE_HOST", host,
        "KUBERNETES_SERVICE_PORT", port,
        "KUBERNETES_SERVICE_PORT_HTTPS", port);
  }

  /// Writes a kubeconfig for a pod, replacing the one before in one step.
  void writeKubeconfig(Path file, String namespace, String token) throws IOException {
    Map<String, Object> cluster =
        certificateAuthority == null
            ? Map.of("server", server.toString(), "insecure-skip-tls-verify", true)
            : Map.of(
                "server", server.toString(), "certificate-authority-data", certificateAuthority);
    Map<String, Object> config =
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "Config",
            "clusters",
            List.of(Map.of("name", "cluster", "cluster", cluster)),
            "users",
            List.of(Map.of("name", "pod", "user", Map.of("token", token))),
            "contexts",
            List.of(
                Map.of(
                    "name",
                    "pod",
                    "context",
                    Map.of("cluster", "cluster", "user", "pod", "namespace", namespace))),
            "current-context",
            "pod");
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    Files.createFile(
        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(next, JSON.writeValueAsString(config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings is always JSON", e);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
