package dev.comptroller.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sends good and bad manifests to the real API server: the rows of `manifests/cases.yaml`.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CelRulesTest {
  private static final Path MANIFESTS = Path.of("src/test/resources/manifests");
  private static final Pattern STEP = Pattern.compile("([A-Za-z]+)|\\[([0-9]+)]");

  /// What the API server says when a rule ends in an error instead of an answer.
  private static final String RULE_BROKE = "evaluating rule";

  private final KubernetesSerialization yaml = new KubernetesSerialization();
  private @Nullable ApiServer server;

  /// One row: a base manifest, what is changed in it, and what the API server says.
  record Case(String kind, String name, JsonNode manifest, String field, String says) {
    @Override
    public String toString() {
      return kind + ": " + name;
    }
  }

  @BeforeAll
  void start() throws IOException {
    server = ApiServer.start("rules");
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  Stream<Case> accepted() throws IOException {
    return cases().stream().filter(row -> row.says().isEmpty());
  }

  Stream<Case> refused() throws IOException {
    return cases().stream().filter(row -> !row.says().isEmpty());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  void shouldAccept(Case row) {
    JsonNode stored = yaml.convertValue(create(row), JsonNode.class);
    assertThat(missing("", row.manifest().path("spec"), stored.path("spec")))
        .as("fields that the API server dropped")
        .isEmpty();
    assertThat(spec(row.kind(), row.manifest()))
        .as("the records fill in the same defaults as the API server")
        .isEqualTo(spec(row.kind(), stored));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void shouldRefuseAndSayWhy(Case row) {
    KubernetesClientException refusal =
        catchThrowableOfType(KubernetesClientException.class, () -> create(row));
    assertThat(refusal).as("refusal of %s", row).isNotNull();
    if (row.field().isEmpty()) {
      assertThat(refusal.getMessage()).contains(row.says());
      return;
    }
    assertThat(refusal.getStatus()).as(refusal.getMessage()).isNotNull();
    assertThat(refusal.getStatus().getDetails().getCauses())
        .as(refusal.getMessage())
        .anySatisfy(
            cause -> {
              assertThat(cause.getField()).isEqualTo(row.field());
              assertThat(cause.getMessage()).contains(row.says());
            })
        .noneSatisfy(cause -> assertThat(cause.getMessage()).contains(RULE_BROKE));
  }

  private Object spec(String kind, JsonNode manifest) {
    return switch (kind) {
      case "modeldeployment" -> yaml.convertValue(manifest, ModelDeployment.class).getSpec();
      case "inferencebudget" -> yaml.convertValue(manifest, InferenceBudget.class).getSpec();
      case String _ -> yaml.convertValue(manifest, GpuNodePool.class).getSpec();
    };
  }

  private GenericKubernetesResource create(Case row) {
    if (server == null) {
      throw new IllegalStateException("the API server did not start");
    }
    GenericKubernetesResource resource =
        yaml.convertValue(row.manifest(), GenericKubernetesResource.class);
    if (!row.kind().equals("gpunodepool")) {
      resource.getMetadata().setNamespace(server.namespace());
    }
    return server
        .client()
        .resource(resource)
        .dryRun()
        .fieldValidation(FieldValidateable.Validation.STRICT)
        .create();
  }

  private List<Case> cases() throws IOException {
    JsonNode table = read("cases.yaml");
    List<Case> cases = new ArrayList<>();
    for (var kind : table.properties()) {
      for (JsonNode row : kind.getValue()) {
        JsonNode manifest = read(kind.getKey() + ".yaml");
        row.path("set").properties().forEach(set -> put(manifest, set.getKey(), set.getValue()));
        cases.add(
            new Case(
                kind.getKey(),
                row.get("case").asText(),
                manifest,
                row.path("field").asText(),
                row.path("says").asText()));
      }
    }
    return cases;
  }

  private JsonNode read(String file) throws IOException {
    return yaml.unmarshal(Files.readString(MANIFESTS.resolve(file)), JsonNode.class);
  }

  /// Puts a value at a path such as `spec.variants[0].gpus`; null removes what is there.
  private static void put(JsonNode root, String path, JsonNode value) {
    List<String> steps = new ArrayList<>();
    Matcher matcher = STEP.matcher(path);
    while (matcher.find()) {
      steps.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
    }
    JsonNode parent = root;
    for (String step : steps.subList(0, steps.size() - 1)) {
      parent = parent.isArray() ? parent.get(Integer.parseInt(step)) : parent.get(step);
    }
    String last = steps.getLast();
    switch (parent) {
      case ArrayNode list when Integer.parseInt(last) == list.size() -> list.add(value);
      case ArrayNode list -> list.set(Integer.parseInt(last), value);
      case ObjectNode object when value.isNull() ->
          assertThat(object.remove(last)).as("%s is not in the manifest", path).isNotNull();
      case ObjectNode object -> object.set(last, value);
      default -> throw new IllegalArgumentException(path + " leads into a scalar");
    }
  }

  private static List<String> missing(String path, JsonNode sent, JsonNode stored) {
    List<String> missing = new ArrayList<>();
    switch (sent) {
      case ObjectNode object ->
          object
              .properties()
              .forEach(
                  member ->
                      missing.addAll(
                          missing(
                              path + "." + member.getKey(),
                              member.getValue(),
                              stored.path(member.getKey()))));
      case ArrayNode list -> {
        for (int i = 0; i < list.size(); i++) {
          missing.addAll(missing(path + "[" + i + "]", list.get(i), stored.path(i)));
        }
      }
      default -> {
        if (!sent.equals(stored)) {
          missing.add(path);
        }
      }
    }
    return missing;
  }
}
