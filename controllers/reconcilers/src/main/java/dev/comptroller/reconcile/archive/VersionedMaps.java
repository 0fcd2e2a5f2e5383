package dev.comptroller.reconcile.archive;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// ConfigMaps of one component in the installation's namespace.
///
/// A write names the version that was read; the API server refuses it if somebody else wrote in
/// between.
public final class VersionedMaps {
  private final KubernetesClient client;
  private final String home;
  private final Map<String, String> labels;

  /// ConfigMaps in namespace `home`.
  ///
  /// @param component that they are labelled with
  public VersionedMaps(KubernetesClient client, String home, String component) {
    this.client = client;
    this.home = home;
    this.labels =
        Map.of(
            "app.kubernetes.io/managed-by",
            Names.MANAGER,
            "app.kubernetes.io/part-of",
            "comptroller",
            "app.kubernetes.io/component",
            component);
  }

  /// The ConfigMap called `name`; absent if there is none.
  public @Nullable ConfigMap get(String name) {
    return client.configMaps().inNamespace(home).withName(name).get();
  }

  /// All of the component's.
  public List<ConfigMap> list() {
    return client.configMaps().inNamespace(home).withLabels(labels).list().getItems();
  }

  /// Writes over `version`, or anew without one; gives the version that is written.
  ///
  /// @param filled puts the data in
  /// @throws io.fabric8.kubernetes.client.KubernetesClientException code 409 if it has changed
  public String write(
      String name, UnaryOperator<ConfigMapBuilder> filled, @Nullable String version) {
    ConfigMapBuilder empty =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(home)
            .withLabels(labels)
            .withResourceVersion(version)
            .endMetadata();
    ConfigMap map = filled.apply(empty).build();
    ConfigMap written =
        version == null
            ? client.resource(map).create()
            : client.resource(map).lockResourceVersion(version).update();
    return Objects.requireNonNull(written.getMetadata().getResourceVersion());
  }

  /// Deletes the ConfigMap called `name`.
  public void delete(String name) {
    var _ = client.configMaps().inNamespace(home).withName(name).delete();
  }
}
