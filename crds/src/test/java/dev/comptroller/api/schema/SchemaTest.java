package dev.comptroller.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.api.v1alpha1.GpuNodePoolSpec;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Nothing undescribed or unbounded gets into the API.
class SchemaTest {
  private final KubernetesSerialization yaml = new KubernetesSerialization();

  /// A spec with every mistake that generation must refuse.
  @ValidationRule("self.count > 0")
  record CarelessSpec(
      String undescribed,
      @JsonPropertyDescription("Described, but as long as anyone likes.") String unbounded,
      @JsonPropertyDescription("Described, but any number.") Integer count,
      @Keyed("name") @JsonPropertyDescription("Described, but without end.")
          List<CarelessEntry> entries) {}

  /// An entry whose key may be absent.
  @Wire
  record CarelessEntry(@Text(Format.NAME) @JsonPropertyDescription("Its name.") String name) {}

  /// A status with nothing wrong but its missing description.
  @Wire
  record CarelessStatus(@JsonPropertyDescription("A number.") Long number) {}

  /// A kind that nobody looked after.
  @Group("example.com")
  @Version("v1")
  static final class Careless extends CustomResource<CarelessSpec, CarelessStatus> {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void shouldRefuseTypesThatAreNotDescribedAndBounded() {
    CustomResourceDefinition definition = generate(Careless.class);

    assertThatThrownBy(() -> SchemaFinish.finish(Careless.class, definition))
        .hasMessageContaining("Careless has no @JsonClassDescription")
        .hasMessageContaining("spec: CarelessSpec has no @Wire")
        .hasMessageContaining("spec: a rule has no message: self.count > 0")
        .hasMessageContaining("spec.undescribed: has no @JsonPropertyDescription")
        .hasMessageContaining("spec.unbounded: has no @Text")
        .hasMessageContaining("spec.count: has no @Min and @Max")
        .hasMessageContaining("spec.entries: has no @Size(max = ...)")
        .hasMessageContaining("spec.entries: its key name is not @Required");
  }

  @Test
  void shouldGiveEveryRuleAMessageAndNoneTwice() {
    List<JsonNode> rules = new ArrayList<>();
    for (String file : CrdWriter.files().values()) {
      yaml.unmarshal(file, JsonNode.class)
          .findValues("x-kubernetes-validations")
          .forEach(
              list -> {
                assertThat(list).doesNotHaveDuplicates();
                list.forEach(rules::add);
              });
    }
    assertThat(rules)
        .hasSizeGreaterThan(60)
        .allSatisfy(rule -> assertThat(rule.path("message").asText()).hasSizeGreaterThan(20));
  }

  @Test
  void shouldUseNoBarePatternWhoseRefusalNobodyUnderstands() {
    assertThat(CrdWriter.files().values())
        .allSatisfy(
            file ->
                assertThat(yaml.unmarshal(file, JsonNode.class).findValues("pattern")).isEmpty());
  }

  @Test
  void shouldReadFieldsOfANewerVersionByIgnoringThem() {
    GpuNodePoolSpec.Gpu gpu =
        yaml.unmarshal(
            "product: H100\nmemory: 80Gi\nperNode: 8\nfromTheFuture: {a: 1}\n",
            GpuNodePoolSpec.Gpu.class);

    assertThat(gpu).isEqualTo(new GpuNodePoolSpec.Gpu("H100", "80Gi", 8));
  }

  private static CustomResourceDefinition generate(Class<? extends HasMetadata> kind) {
    List<CustomResourceDefinition> seen = new ArrayList<>();
    new CRDGenerator()
        .customResourceClasses(List.of(kind))
        .forCRDVersions("v1")
        .withPostProcessor(
            new CRDPostProcessor() {
              @Override
              public HasMetadata process(HasMetadata crd, String version) {
                seen.add((CustomResourceDefinition) crd);
                return crd;
              }
            })
        .withOutput(new CrdWriter.InMemory(new ByteArrayOutputStream()))
        .generate();
    return seen.getFirst();
  }
}
