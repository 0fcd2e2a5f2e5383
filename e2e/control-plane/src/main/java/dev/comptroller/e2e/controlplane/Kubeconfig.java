package dev.comptroller.e2e.controlplane;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Writes kubeconfig files that carry everything inline.
final class Kubeconfig {
  private Kubeconfig() {}

  static String of(String server, String caPem, String user, Identity identity) {
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: local
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: "%s"
          user:
            client-certificate-data: %s
            client-key-data: %s
        contexts:
        - name: local
          context:
            cluster: local
            user: "%s"
        current-context: local
        """
        .formatted(
            server,
            base64(caPem),
            user,
            base64(identity.certificatePem()),
            base64(identity.keyPem()),
            user);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
