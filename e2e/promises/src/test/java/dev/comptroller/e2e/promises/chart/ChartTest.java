package dev.comptroller.e2e.promises.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the chart renders, by the real Helm.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartTest {
  private static final Path ROOT = root();
  private static final Path CHART = ROOT.resolve("charts/comptroller");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static final String EVERYTHING =
      "gateway.ledger.url=jdbc:postgresql://db/ledger,gateway.ledger.existingSecret=ledger,"
          + "networkPolicy.enabled=true,"
          + "metrics.serviceMonitor.enabled=true,operator.pdb.enabled=true,operator.replicas=2,"
          + "provisioning.karpenter.enabled=true,provisioning.clusterApi.namespaces[0]=machines";

  private String helm = "";

  @BeforeAll
  void findHelm() throws Exception {
    Ended built = run(List.of(ROOT.resolve("e2e/control-plane/build").toString(), "helm"));
    assertThat(built.status()).as(built.output()).isZero();
    helm = Path.of(built.output().lines().toList().getLast(), "helm").toString();
  }

  private record Ended(int status, String output) {}

  private static Ended run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  private Ended helm(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(helm));
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  private List<HasMetadata> render(String... sets) throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("template", "comptroller", CHART.toString(), "-n", "home"));
    for (String set : sets) {
      arguments.addAll(List.of("--set", set));
    }
    Ended rendered = helm(arguments.toArray(String[]::new));
    assertThat(rendered.status()).as(rendered.output()).isZero();
    List<HasMetadata> objects = new ArrayList<>();
    for (String document : rendered.output().split("(?m)^---$", -1)) {
      if (document.contains("\nkind:")) {
        objects.add(parse(document));
      }
    }
    return objects;
  }

  private static HasMetadata parse(String yaml) {
    Object parsed = YAML.unmarshal(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)));
    return (HasMetadata) parsed;
  }

  private static <T> List<T> only(Class<T> type, List<HasMetadata> objects) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Test
  void shouldPassLint() throws Exception {
    Ended lint = helm("lint", CHART.toString(), "--strict");
    assertThat(lint.status()).as(lint.output()).isZero();
  }

  @Test
  void shouldCarryTheGeneratedCrds() throws Exception {
    assertThat(contents(CHART.resolve("files/crds")))
        .as("run charts/comptroller/sync-crds")
        .isEqualTo(contents(ROOT.resolve("crds/src/main/crds")));
    Map<String, Object> rendered = new TreeMap<>();
    for (CustomResourceDefinition crd : only(CustomResourceDefinition.class, render())) {
      assertThat(crd.getMetadata().getAnnotations())
          .containsEntry("helm.sh/resource-policy", "keep");
      rendered.put(crd.getMetadata().getName(), crd.getSpec());
    }
    Map<String, Object> generated = new TreeMap<>();
    for (String yaml : contents(ROOT.resolve("crds/src/main/crds")).values()) {
      CustomResourceDefinition crd = (CustomResourceDefinition) parse(yaml);
      generated.put(crd.getMetadata().getName(), crd.getSpec());
    }
    assertThat(rendered).hasSize(3).isEqualTo(generated);
  }

  private static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return contents;
  }

  @Test
  void shouldLeaveCrdsOutOrLetThemGoWhenAsked() throws Exception {
    assertThat(only(CustomResourceDefinition.class, render("crds.install=false"))).isEmpty();
    assertThat(only(CustomResourceDefinition.class, render("crds.keep=false")))
        .hasSize(3)
        .allSatisfy(
            crd ->
                assertThat(crd.getMetadata().getAnnotations())
                    .doesNotContainKey("helm.sh/resource-policy"));
  }

  @Test
  void shouldKeepToTheRestrictedPodSecurityStandard() throws Exception {
    List<Deployment> deployments = only(Deployment.class, render(EVERYTHING));
    assertThat(deployments).hasSize(2);
    for (Deployment deployment : deployments) {
      PodSpec pod = deployment.getSpec().getTemplate().getSpec();
      assertThat(pod.getHostNetwork()).isNull();
      assertThat(pod.getHostPID()).isNull();
      assertThat(pod.getHostIPC()).isNull();
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
      assertThat(pod.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      assertThat(pod.getVolumes())
          .allMatch(
              volume ->
                  volume.getHostPath() == null
                      && (volume.getEmptyDir() != null
                          || volume.getProjected() != null
                          || volume.getPersistentVolumeClaim() != null));
      for (Container container : pod.getContainers()) {
        SecurityContext context = container.getSecurityContext();
        assertThat(context.getAllowPrivilegeEscalation()).isFalse();
        assertThat(context.getPrivileged()).isNull();
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getRunAsNonRoot()).isTrue();
        assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(context.getCapabilities().getAdd()).isNullOrEmpty();
        assertThat(container.getPorts()).allMatch(port -> port.getHostPort() == null);
        assertThat(container.getLivenessProbe()).isNotNull();
        assertThat(container.getReadinessProbe()).isNotNull();
        assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
        assertThat(container.getResources().getLimits()).containsKey("memory");
      }
    }
  }

  @Test
  void shouldGrantNothingByWildcardAndSecretsToTheGatewayInItsNamespaceOnly() throws Exception {
    List<HasMetadata> objects = render(EVERYTHING);
    List<PolicyRule> rules = new ArrayList<>();
    List<PolicyRule> secrets =
        only(Role.class, objects).stream()
            .filter(role -> role.getMetadata().getName().equals("comptroller-gateway"))
            .flatMap(role -> role.getRules().stream())
            .filter(rule -> rule.getResources().contains("secrets"))
            .toList();
    assertThat(secrets)
        .singleElement()
        .satisfies(
            rule -> assertThat(rule.getVerbs()).containsExactlyInAnyOrder("get", "list", "watch"));
    only(Role.class, objects).forEach(role -> rules.addAll(role.getRules()));
    rules.removeAll(secrets);
    only(ClusterRole.class, objects).forEach(role -> rules.addAll(role.getRules()));
    assertThat(rules).hasSizeGreaterThan(10);
    for (PolicyRule rule : rules) {
      assertThat(
              Stream.of(rule.getApiGroups(), rule.getResources(), rule.getVerbs())
                  .flatMap(Collection::stream))
          .isNotEmpty()
          .noneMatch(word -> word.contains("*"))
          .doesNotContain("secrets", "escalate", "impersonate", "bind", "pods/exec");
    }
  }

  @Test
  void shouldLetTheOperatorMakeNodesOnlyByWhatIsEnabled() throws Exception {
    assertThat(operatorRights(render()))
        .noneMatch(
            right -> right.matches("pods/eviction .*|nodes patch|.*karpenter.*|.*/scale .*"));
    assertThat(operatorRights(render("provisioning.karpenter.enabled=true")))
        .contains("pods/eviction create", "nodes patch", "nodepools patch", "nodeclaims delete")
        .noneMatch(right -> right.contains("/scale "));
    assertThat(
            operatorRights(
                render(
                    "provisioning.scaleTargets[0].group=example.com",
                    "provisioning.scaleTargets[0].resource=nodegroups")))
        .contains("nodegroups/scale patch", "nodes patch")
        .doesNotContain("nodegroups patch");
    List<HasMetadata> machines = render("provisioning.clusterApi.namespaces[0]=machines");
    assertThat(operatorRights(machines)).noneMatch(right -> right.startsWith("machine"));
    assertThat(
            only(Role.class, machines).stream()
                .filter(role -> "machines".equals(role.getMetadata().getNamespace()))
                .flatMap(role -> rights(role.getRules())))
        .contains("machinedeployments/scale patch", "machines patch")
        .doesNotContain("machinedeployments patch", "machines delete");
  }

  @Test
  void shouldLetTheOperatorKeepItsRecordsInTheInstallationsNamespaceOnly() throws Exception {
    List<HasMetadata> objects = render();
    assertThat(
            only(Role.class, objects).stream()
                .filter(role -> role.getMetadata().getName().equals("comptroller-operator"))
                .flatMap(role -> rights(role.getRules())))
        .contains("configmaps list", "configmaps create", "configmaps update", "configmaps delete");
    assertThat(operatorRights(objects)).noneMatch(right -> right.startsWith("configmaps "));
  }

  private static List<String> operatorRights(List<HasMetadata> objects) {
    return only(ClusterRole.class, objects).stream()
        .filter(role -> role.getMetadata().getName().endsWith("-operator"))
        .flatMap(role -> rights(role.getRules()))
        .toList();
  }

  private static Stream<String> rights(List<PolicyRule> rules) {
    return rules.stream()
        .flatMap(
            rule ->
                rule.getResources().stream()
                    .flatMap(
                        resource -> rule.getVerbs().stream().map(verb -> resource + " " + verb)));
  }

  @Test
  void shouldLetAGatewayThatIdentifiesNobodyReadOneConfigMapOnly() throws Exception {
    Role gateway =
        only(Role.class, render("gateway.auth=none")).stream()
            .filter(role -> role.getMetadata().getName().equals("comptroller-gateway"))
            .findFirst()
            .orElseThrow();
    assertThat(gateway.getRules()).hasSize(1);
    PolicyRule rule = gateway.getRules().getFirst();
    assertThat(rule.getResources()).containsExactly("configmaps");
    assertThat(rule.getResourceNames()).containsExactly("comptroller-routing");
    assertThat(rule.getVerbs()).containsExactlyInAnyOrder("get", "list", "watch");
  }

  @Test
  void shouldTellTheOperatorWhereItIsAndWhatToRun() throws Exception {
    Container operator = container("operator", render("runtime.image.tag=1.2.3"));
    Map<String, String> values = new TreeMap<>();
    for (EnvVar variable : operator.getEnv()) {
      values.put(
          variable.getName(),
          variable.getValue() != null
              ? variable.getValue()
              : variable.getValueFrom().getFieldRef().getFieldPath());
    }
    assertThat(values)
        .containsEntry("POD_IP", "status.podIP")
        .containsEntry("POD_NAMESPACE", "metadata.namespace")
        .containsEntry("COMPTROLLER_NAMESPACE", "$(POD_NAMESPACE)")
        .containsEntry("QUARKUS_HTTP_HOST", "$(POD_IP)")
        .containsEntry("COMPTROLLER_IMAGES_RUNTIME", "comptroller/runtime:1.2.3")
        .containsEntry("COMPTROLLER_IMAGES_VLLM", "vllm/vllm-openai:v0.20.2")
        .containsEntry("COMPTROLLER_INSTANCE", "$(POD_NAME)");
    assertThat(container("gateway", render()).getArgs())
        .contains(
            "--bind=$(POD_IP)",
            "--routing-config-map=$(POD_NAMESPACE)/comptroller-routing",
            "--auth=required");
  }

  @Test
  void shouldRunVllmFromTheImageThatIsNamed() throws Exception {
    Container operator =
        container(
            "operator",
            render("vllm.image.repository=mirror.test:5000/vllm/vllm-openai", "vllm.image.tag=v1"));
    assertThat(operator.getEnv())
        .filteredOn(variable -> variable.getName().equals("COMPTROLLER_IMAGES_VLLM"))
        .extracting(EnvVar::getValue)
        .containsExactly("mirror.test:5000/vllm/vllm-openai:v1");
  }

  @Test
  void shouldKeepTheLedgerOnAClaimWithOneUserAtATimeThatOutlivesTheRelease() throws Exception {
    List<HasMetadata> objects = render();
    PersistentVolumeClaim claim = only(PersistentVolumeClaim.class, objects).getFirst();
    assertThat(claim.getMetadata().getAnnotations())
        .containsEntry("helm.sh/resource-policy", "keep");
    assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOnce");
    assertThat(data(objects).getPersistentVolumeClaim().getClaimName())
        .isEqualTo(claim.getMetadata().getName());
    assertThat(gateway(objects).getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(gateway(objects).getSpec().getReplicas()).isEqualTo(1);

    List<HasMetadata> existing = render("gateway.persistence.existingClaim=mine");
    assertThat(only(PersistentVolumeClaim.class, existing)).isEmpty();
    assertThat(data(existing).getPersistentVolumeClaim().getClaimName()).isEqualTo("mine");
  }

  @Test
  void shouldKeepTheLedgerInThePodOnlyWhenAskedAndNeverInTwoPodsAtOnce() throws Exception {
    List<HasMetadata> objects = render("gateway.persistence.enabled=false");
    assertThat(only(PersistentVolumeClaim.class, objects)).isEmpty();
    assertThat(data(objects).getEmptyDir()).isNotNull();
    assertThat(gateway(objects).getSpec().getStrategy().getType()).isEqualTo("Recreate");
    List<HasMetadata> postgres =
        render(
            "gateway.persistence.enabled=false",
            "gateway.ledger.url=jdbc:postgresql://db/ledger",
            "gateway.ledger.existingSecret=ledger");
    assertThat(gateway(postgres).getSpec().getStrategy().getType()).isEqualTo("RollingUpdate");
  }

  @Test
  void shouldReachPostgresqlWithThePasswordFromASecretAndNeverInTheArguments() throws Exception {
    List<HasMetadata> objects =
        render(
            "gateway.ledger.url=jdbc:postgresql://db:5432/ledger?sslmode=require",
            "gateway.ledger.existingSecret=ledger",
            "gateway.ledger.passwordKey=pgpass");
    Container gateway = container("gateway", objects);
    assertThat(gateway.getArgs())
        .contains("--ledger-url=jdbc:postgresql://db:5432/ledger?sslmode=require")
        .noneMatch(argument -> argument.toLowerCase(Locale.ROOT).contains("password"));
    Map<String, String> secrets = new TreeMap<>();
    for (EnvVar variable : gateway.getEnv()) {
      if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
        var key = variable.getValueFrom().getSecretKeyRef();
        secrets.put(variable.getName(), key.getName() + "/" + key.getKey());
      }
    }
    assertThat(secrets)
        .containsOnly(
            Map.entry("COMPTROLLER_LEDGER_USER", "ledger/user"),
            Map.entry("COMPTROLLER_LEDGER_PASSWORD", "ledger/pgpass"));
    assertThat(data(objects).getPersistentVolumeClaim())
        .as("files and batches stay with the gateway")
        .isNotNull();
    assertThat(container("gateway", render()).getArgs()).noneMatch(it -> it.contains("ledger"));
  }

  @Test
  void shouldLetTheOperatorAloneReadTheGatewaysAdminPort() throws Exception {
    List<HasMetadata> objects = render("operator.serviceAccount.name=boss");
    assertThat(container("gateway", objects).getArgs())
        .contains("--admin-account=$(POD_NAMESPACE)/boss");
    PodSpec operator = pod("operator", objects);
    assertThat(operator.getServiceAccountName()).isEqualTo("boss");
    String folder = "/var/run/secrets/comptroller";
    assertThat(container("operator", objects).getEnv())
        .filteredOn(variable -> variable.getName().equals("COMPTROLLER_GATEWAY_TOKEN_FILE"))
        .extracting(EnvVar::getValue)
        .containsExactly(folder + "/token");
    String volume =
        container("operator", objects).getVolumeMounts().stream()
            .filter(mount -> mount.getMountPath().equals(folder))
            .findFirst()
            .orElseThrow()
            .getName();
    var token =
        operator.getVolumes().stream()
            .filter(each -> each.getName().equals(volume))
            .findFirst()
            .orElseThrow()
            .getProjected()
            .getSources()
            .getFirst()
            .getServiceAccountToken();
    assertThat(token.getAudience()).isEqualTo("comptroller");
    assertThat(token.getPath()).isEqualTo("token");

    List<HasMetadata> open = render("gateway.auth=none");
    assertThat(container("gateway", open).getArgs()).noneMatch(it -> it.contains("admin-account"));
    assertThat(pod("operator", open).getVolumes()).allMatch(it -> it.getProjected() == null);
  }

  private static PodSpec pod(String part, List<HasMetadata> objects) {
    return only(Deployment.class, objects).stream()
        .map(deployment -> deployment.getSpec().getTemplate().getSpec())
        .filter(pod -> pod.getContainers().getFirst().getName().equals(part))
        .findFirst()
        .orElseThrow();
  }

  private static Deployment gateway(List<HasMetadata> objects) {
    return only(Deployment.class, objects).stream()
        .filter(it -> it.getMetadata().getName().endsWith("-gateway"))
        .findFirst()
        .orElseThrow();
  }

  private static Volume data(List<HasMetadata> objects) {
    return gateway(objects).getSpec().getTemplate().getSpec().getVolumes().stream()
        .filter(volume -> volume.getName().equals("data"))
        .findFirst()
        .orElseThrow();
  }

  private static Container container(String name, List<HasMetadata> objects) {
    return only(Deployment.class, objects).stream()
        .flatMap(
            deployment -> deployment.getSpec().getTemplate().getSpec().getContainers().stream())
        .filter(container -> container.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldNotMixUpReleasesOfTwoNamespaces() throws Exception {
    List<String> clusterScoped =
        render().stream()
            .filter(each -> !(each instanceof CustomResourceDefinition))
            .filter(each -> each.getMetadata().getNamespace() == null)
            .map(each -> each.getMetadata().getName())
            .toList();
    assertThat(clusterScoped).hasSize(7).allMatch(name -> name.startsWith("home-comptroller-"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "operator.replicas=two | /operator/replicas | want integer",
        "operator.replicas=9 | /operator/replicas | want 5",
        "gateway.servce.port=80 | /gateway | 'servce' not allowed",
        "gateway.service.port=70000 | /gateway/service/port | want 65,535",
        "gateway.auth=maybe | /gateway/auth | 'required', 'none'",
        "gateway.service.type=Magic | /gateway/service/type | 'LoadBalancer'",
        "gateway.persistence.enabled=maybe | /gateway/persistence/enabled | want boolean",
        "gateway.replicas=2 | /gateway | 'replicas' not allowed",
        "gateway.ledger.url=postgres://db | /gateway/ledger/url | does not match pattern",
        "gateway.ledger.password=x | /gateway/ledger | 'password' not allowed",
        "gateway.ledger.url=jdbc:postgresql://db/l | gateway.ledger.existingSecret | is needed",
        "gateway.ledger.existingSecret=s | gateway.ledger.existingSecret is s | url is empty",
        "gateway.ledger.url=jdbc:postgresql://me:pw@db/l | gateway.ledger.url | must not carry",
        "gateway.ledger.url=jdbc:postgresql://db/l?password=x | ledger.url | must not carry",
        "gateway.persistence.enabled=false,gateway.persistence.existingClaim=c"
            + " | gateway.persistence.existingClaim is c | enabled is false",
        "gateway.persistence.existingClaim=c,gateway.persistence.storageClassName=fast"
            + " | gateway.persistence.storageClassName is fast | name one of them",
        "operator.resources.limits.memory=12Q | /operator/resources/limits/memory | '12Q'",
        "operator.image.pullPolicy=Sometimes | /operator/image/pullPolicy | 'IfNotPresent'",
        "operator.image.repository=a b | /operator/image/repository | 'a b'",
        "vllm.image.tag= | /vllm/image/tag | does not match pattern",
        "vllm.image.name=x | /vllm/image | 'name' not allowed",
        "metrics.serviceMonitor.interval=soon | /metrics/serviceMonitor/interval | 'soon'",
        "crd.install=false | at '' | 'crd' not allowed",
        "operator.serviceAccount.create=false | operator.serviceAccount.name | is needed",
        "operator.leaderElection.enabled=false | /operator | 'leaderElection' not allowed",
      })
  void shouldNameTheValueThatIsWrong(String set, String where, String what) throws Exception {
    Ended refused = helm("template", "comptroller", CHART.toString(), "--set", set);
    assertThat(refused.status()).isNotZero();
    assertThat(refused.output()).contains(where, what);
  }

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (at != null && !Files.isDirectory(at.resolve("charts/comptroller"))) {
      at = at.getParent();
    }
    if (at == null) {
      throw new IllegalStateException("charts/comptroller is not above the working folder");
    }
    return at;
  }
}
