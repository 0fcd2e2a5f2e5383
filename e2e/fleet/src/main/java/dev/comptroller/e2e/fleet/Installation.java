package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Comptroller in a cluster, as the real Helm installs it.
///
/// @param repository where the chart lies
/// @param helm the real Helm
/// @param kubectl speaks to the cluster
/// @param folder for what Helm keeps, so that the user's own files stay as they are
public record Installation(Repository repository, Path helm, Kubectl kubectl, Path folder) {
  /// The namespace that it is installed into.
  public static final String NAMESPACE = "comptroller-system";

  /// Name of the release.
  public static final String RELEASE = "comptroller";

  private static final String GATEWAY_PORT = "8080";

  /// Installs the chart, or upgrades it, and returns when all of it is ready.
  ///
  /// @param values values files, later ones win
  /// @param set single values in Helm's own notation, such as `operator.replicas=1`
  public void upgrade(List<Path> values, List<String> set) {
    List<String> words =
        new ArrayList<>(
            List.of(
                helm.toString(),
                "upgrade",
                "--install",
                RELEASE,
                repository.chart().toString(),
                "--namespace=" + NAMESPACE,
                "--create-namespace",
                "--kubeconfig=" + kubectl.kubeconfig(),
                "--wait",
                "--timeout=180s"));
    values.forEach(file -> words.add("--values=" + file));
    set.forEach(value -> words.add("--set=" + value));
    Command.Result result = new Command(words, helmFolders(), "").run();
    if (result.status() != 0) {
      throw new FleetException(
          "helm could not install the chart:\n%s%s"
              .formatted(result.output().indent(2), diagnosis()));
    }
  }

  /// The gateway's address: its pod's own, which is loopback on a local fleet.
  public URI gateway() {
    JsonNode pods =
        kubectl.json(
            "get",
            "pods",
            "-n",
            NAMESPACE,
            "-l",
            "app.kubernetes.io/part-of=comptroller,app.kubernetes.io/component=gateway");
    for (JsonNode pod : pods.path("items")) {
      String address = pod.path("status").path("podIP").asText();
      if (!address.isEmpty() && !pod.path("metadata").has("deletionTimestamp")) {
        return URI.create("http://" + address + ":" + GATEWAY_PORT);
      }
    }
    throw new FleetException("no gateway pod has an address:\n" + diagnosis());
  }

  /// What somebody needs to see when the installation does not become ready.
  private String diagnosis() {
    StringBuilder text = new StringBuilder();
    for (String[] arguments :
        List.of(
            new String[] {"get", "pods", "-A", "-o", "wide"},
            new String[] {"get", "events", "-n", NAMESPACE, "--sort-by=.lastTimestamp"},
            new String[] {
              "logs", "-n", NAMESPACE, "-l", "app.kubernetes.io/part-of=comptroller", "--tail=20"
            })) {
      text.append("$ kubectl ").append(String.join(" ", arguments)).append('\n');
      text.append(kubectl.attempt(arguments).output().indent(2));
    }
    return text.toString();
  }

  private Map<String, String> helmFolders() {
    return Map.of(
        "HELM_CACHE_HOME", folder.resolve("helm/cache").toString(),
        "HELM_CONFIG_HOME", folder.resolve("helm/config").toString(),
        "HELM_DATA_HOME", folder.resolve("helm/data").toString());
  }
}
