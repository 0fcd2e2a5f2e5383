package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.e2e.nodeagent.DownwardApi.UnsupportedFieldException;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DownwardApiTest {
  private final DownwardApi api =
      new DownwardApi(
          new PodBuilder()
              .withNewMetadata()
              .withName("p")
              .withNamespace("n")
              .withUid("u")
              .addToLabels("b", "say \"hi\"")
              .addToLabels("a/x", "1")
              .endMetadata()
              .withNewSpec()
              .withNodeName("node")
              .withServiceAccountName("robot")
              .endSpec()
              .build(),
          "127.64.0.9",
          "127.0.0.1",
          Map.of("cpu", "32", "memory", "128Gi"));

  @Test
  void shouldReadThePodsFields() throws Exception {
    assertThat(api.field("metadata.name")).isEqualTo("p");
    assertThat(api.field("metadata.namespace")).isEqualTo("n");
    assertThat(api.field("metadata.uid")).isEqualTo("u");
    assertThat(api.field("spec.nodeName")).isEqualTo("node");
    assertThat(api.field("spec.serviceAccountName")).isEqualTo("robot");
    assertThat(api.field("status.podIP")).isEqualTo("127.64.0.9");
    assertThat(api.field("status.hostIP")).isEqualTo("127.0.0.1");
    assertThat(api.field("metadata.labels['a/x']")).isEqualTo("1");
    assertThat(api.field("metadata.annotations['none']")).isEmpty();
    assertThat(api.field("metadata.labels")).isEqualTo("a/x=\"1\"\nb=\"say \\\"hi\\\"\"");
  }

  @Test
  void shouldRefuseAFieldThatNobodyCanHave() {
    assertThatThrownBy(() -> api.field("spec.hostname"))
        .isInstanceOf(UnsupportedFieldException.class)
        .hasMessageContaining("spec.hostname");
  }

  @Test
  void shouldReadResourcesInUnitsOfTheDivisorRoundedUp() throws Exception {
    Container container =
        new ContainerBuilder()
            .withNewResources()
            .addToLimits("cpu", new Quantity("1500m"))
            .addToRequests("memory", new Quantity("1000Ki"))
            .endResources()
            .build();
    assertThat(api.resource(container, selector("limits.cpu", null))).isEqualTo("2");
    assertThat(api.resource(container, selector("limits.cpu", "1m"))).isEqualTo("1500");
    assertThat(api.resource(container, selector("requests.memory", "1Mi"))).isEqualTo("1");
    assertThat(api.resource(container, selector("limits.memory", "1Gi"))).isEqualTo("128");
    assertThat(api.resource(container, selector("requests.cpu", null))).isEqualTo("0");
  }

  private static ResourceFieldSelector selector(
      String resource, @org.jspecify.annotations.Nullable String divisor) {
    var selector = new ResourceFieldSelector();
    selector.setResource(resource);
    if (divisor != null) {
      selector.setDivisor(new Quantity(divisor));
    }
    return selector;
  }
}
