package dev.comptroller.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Every sample is what a user can apply as it stands.
class SampleManifestsTest {
  private static final Path SAMPLES = Path.of("../samples");
  private final KubernetesSerialization yaml = new KubernetesSerialization();

  @Test
  void shouldReadEverySampleIntoTheRecords() throws IOException {
    List<Object> specs = new ArrayList<>();
    for (String document : documents()) {
      switch (yaml.unmarshal(document, GenericKubernetesResource.class).getKind()) {
        case "ModelDeployment" ->
            specs.add(yaml.unmarshal(document, ModelDeployment.class).getSpec().variants());
        case "InferenceBudget" ->
            specs.add(yaml.unmarshal(document, InferenceBudget.class).getSpec().amount());
        case "GpuNodePool" ->
            specs.add(yaml.unmarshal(document, GpuNodePool.class).getSpec().capacity());
        case String other -> assertThat(other).isIn("Namespace", "PersistentVolumeClaim");
      }
    }
    assertThat(specs).hasSize(8).doesNotContainNull();
  }

  @Tag("integration")
  @Test
  void shouldHaveEverySampleAcceptedByTheApiServer() throws IOException {
    try (ApiServer server = ApiServer.start("demo", "team")) {
      for (String document : documents()) {
        HasMetadata resource = yaml.unmarshal(document, GenericKubernetesResource.class);
        HasMetadata accepted =
            server
                .client()
                .resource(resource)
                .dryRun()
                .fieldValidation(FieldValidateable.Validation.STRICT)
                .serverSideApply();
        assertThat(accepted.getMetadata().getName()).isEqualTo(resource.getMetadata().getName());
      }
    }
  }

  private static List<String> documents() throws IOException {
    List<String> documents = new ArrayList<>();
    for (Path file : ApiServer.files(SAMPLES)) {
      documents.addAll(List.of(Files.readString(file).split("(?m)^---$", -1)));
    }
    return documents;
  }
}
