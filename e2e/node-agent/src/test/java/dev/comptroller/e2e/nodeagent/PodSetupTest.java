package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a container finds: volumes, arguments, variables, access to the API.
@Tag("integration")
class PodSetupTest {
  private final String pool = "pool-" + UUID.randomUUID().toString().substring(0, 8);
  private final Cluster cluster = new Cluster();
  private AgentConfig config;
  private NodeAgent agent;
  private Path models;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    models = Files.createDirectories(folder.resolve("store/models"));
    Files.writeString(models.resolve("tiny.gguf"), "weights");
    config =
        Cluster.config(
                folder.resolve("agent"),
                NodeConfig.withGpus("node-" + pool, Map.of("pool", pool), 1))
            .withVolumePaths(Map.of("/mnt/store", folder.resolve("store")));
    agent = NodeAgent.start(cluster.kubeconfig(), config);
  }

  @AfterEach
  void stop() throws Exception {
    agent.close();
    cluster.close();
  }

  /// A pod that mounts the ConfigMap.
  private void createWithSettings(String name) {
    cluster.create(
        cluster.shell(name, pool, "exec sleep 1000").editSpec().addToVolumes(settings()).endSpec());
  }

  private static Volume settings() {
    return new VolumeBuilder()
        .withName("settings")
        .withNewConfigMap()
        .withName("settings")
        .endConfigMap()
        .build();
  }

  private void assertTellsThatTheConfigMapIsMissing(Pod pod) {
    assertThat(Cluster.container(pod).getState().getWaiting().getMessage())
        .isEqualTo("configmap \"" + cluster.namespace() + "/settings\" not found");
  }

  private void configMap(String text) {
    cluster
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("settings")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .addToData("table.json", text)
                .build())
        .forceConflicts()
        .serverSideApply();
  }

  @Test
  void shouldLayOutAConfigMapRewriteArgumentsAndFollowChanges() throws Exception {
    configMap("one");
    cluster.create(
        cluster
            .web("mapped", pool)
            .editSpec()
            .editFirstContainer()
            .withArgs(
                "8000", "--table=/etc/settings/table.json", "$(WHERE)/x", "http://h/etc/settings")
            .addNewEnv()
            .withName("WHERE")
            .withValue("/etc/settings")
            .endEnv()
            .addNewVolumeMount()
            .withName("settings")
            .withMountPath("/etc/settings")
            .endVolumeMount()
            .endContainer()
            .addToVolumes(settings())
            .endSpec());
    Pod pod = cluster.awaitReady("mapped");
    String argument = cluster.get(pod, "/arg/1");
    assertThat(argument).startsWith("--table=/").endsWith("/volumes/settings/table.json");
    String file = argument.substring("--table=".length());
    assertThat(cluster.get(pod, "/file?" + file)).isEqualTo("one");
    assertThat(cluster.get(pod, "/arg/2")).isEqualTo(Path.of(file).getParent() + "/x");
    assertThat(cluster.get(pod, "/env/WHERE")).isEqualTo(String.valueOf(Path.of(file).getParent()));
    assertThat(cluster.get(pod, "/arg/3")).isEqualTo("http://h/etc/settings");
    Instant changed = Instant.now();
    configMap("two");
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> cluster.get(pod, "/file?" + file).equals("two"));
    System.out.printf(
        "a changed ConfigMap is in the volume after %s%n",
        Duration.between(changed, Instant.now()));
  }

  @Test
  void shouldWaitForAConfigMapAndSayWhichOneIsMissing() throws Exception {
    createWithSettings("early");
    Pod waiting =
        cluster.awaitPod(
            "early",
            "told what is missing",
            p ->
                !p.getStatus().getContainerStatuses().isEmpty()
                    && Cluster.container(p).getState().getWaiting() != null
                    && Cluster.container(p).getState().getWaiting().getMessage() != null);
    assertThat(Cluster.container(waiting).getState().getWaiting().getReason())
        .isEqualTo("ContainerCreating");
    assertTellsThatTheConfigMapIsMissing(waiting);
    configMap("one");
    cluster.awaitPod("early", "running", p -> Cluster.isPhase(p, "Running"));
  }

  @Test
  void shouldSayWhatIsMissingOfAPodThatRanUnderAnEarlierAgent() throws Exception {
    agent.close();
    agent = NodeAgent.start(cluster.kubeconfig(), config.withRemoveNodesOnStop(false));
    configMap("one");
    createWithSettings("late");
    cluster.awaitPod("late", "running", p -> Cluster.isPhase(p, "Running"));
    agent.close();
    cluster.client().configMaps().inNamespace(cluster.namespace()).withName("settings").delete();
    agent = NodeAgent.start(cluster.kubeconfig(), config);
    Pod waiting =
        cluster.awaitPod(
            "late",
            "told what is missing",
            p -> Cluster.container(p).getState().getWaiting() != null);
    assertTellsThatTheConfigMapIsMissing(waiting);
    assertThat(Cluster.container(waiting).getLastState().getTerminated().getReason())
        .isEqualTo("ContainerStatusUnknown");
    configMap("two");
    cluster.awaitPod(
        "late", "running again", p -> Cluster.container(p).getState().getRunning() != null);
  }

  @Test
  void shouldMountTheFolderBehindABoundClaim() throws Exception {
    String volume = "pv-" + pool;
    cluster
        .client()
        .resource(
            new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName(volume)
                .endMetadata()
                .withNewSpec()
                .addToCapacity("storage", new Quantity("1Gi"))
                .withAccessModes("ReadOnlyMany")
                .withStorageClassName(volume)
                .withNewHostPath()
                .withPath("/mnt/store/models")
                .endHostPath()
                .endSpec()
                .build())
        .create();
    cluster
        .client()
        .resource(
            new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("models")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .withNewSpec()
                .withAccessModes("ReadOnlyMany")
                .withStorageClassName(volume)
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .build())
        .create();
    cluster.create(
        cluster
            .web("model", pool)
            .editSpec()
            .editFirstContainer()
            .withArgs("8000", "/models/tiny.gguf")
            .addNewVolumeMount()
            .withName("models")
            .withMountPath("/models")
            .withReadOnly(true)
            .endVolumeMount()
            .endContainer()
            .addNewVolume()
            .withName("models")
            .withNewPersistentVolumeClaim("models", true)
            .endVolume()
            .endSpec());
    Pod pod = cluster.awaitReady("model");
    assertThat(cluster.get(pod, "/arg/1"))
        .isEqualTo(models.toRealPath().resolve("tiny.gguf").toString());
    assertThat(cluster.get(pod, "/file?" + cluster.get(pod, "/arg/1"))).isEqualTo("weights");
    cluster.client().persistentVolumes().withName(volume).delete();
  }

  @Test
  void shouldGiveAPodItsOwnAccessToTheApiAndNothingOfTheHost() throws Exception {
    cluster
        .client()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("view")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "view")
                .addNewSubject()
                .withKind("ServiceAccount")
                .withName("default")
                .withNamespace(cluster.namespace())
                .endSubject()
                .build())
        .create();
    cluster.create(cluster.web("inside", pool));
    Pod pod = cluster.awaitReady("inside");
    Path kubeconfig = Path.of(cluster.get(pod, "/env/KUBECONFIG"));
    try (var own =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build()) {
      assertThat(own.pods().inNamespace(cluster.namespace()).withName("inside").get()).isNotNull();
      assertThat(own.getNamespace()).isEqualTo(cluster.namespace());
    }
    assertThat(cluster.get(pod, "/env/KUBERNETES_SERVICE_HOST")).isEqualTo("127.0.0.1");
    assertThat(cluster.get(pod, "/env/HOSTNAME")).isEqualTo("inside");
    assertThat(cluster.get(pod, "/env/FROM_IMAGE")).isEqualTo("yes");
    assertThat(cluster.get(pod, "/allenv").split(","))
        .isSubsetOf(
            "PATH",
            "HOME",
            "LANG",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
            "HOSTNAME",
            "KUBECONFIG",
            "KUBERNETES_SERVICE_HOST",
            "KUBERNETES_SERVICE_PORT",
            "KUBERNETES_SERVICE_PORT_HTTPS",
            "FROM_IMAGE",
            "POD_IP");
  }

  @Test
  void shouldGiveNoAccessToAPodThatMountsNoToken() throws Exception {
    cluster.create(
        cluster.web("outside", pool).editSpec().withAutomountServiceAccountToken(false).endSpec());
    assertThat(cluster.get(cluster.awaitReady("outside"), "/env/KUBECONFIG")).isEqualTo("null");
  }

  @Test
  void shouldRunInitContainersInOrderThenTheContainersWithAllTheirVariables() throws Exception {
    configMap("one");
    cluster
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("keys")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .addToStringData("token", "s3cret")
                .build())
        .create();
    cluster.create(
        cluster
            .shell(
                "full",
                pool,
                "cat /scratch/log; echo $NODE $FIRST_token $KEY $LABEL $CPUS; cat /info/labels; echo; exec sleep 1000")
            .editMetadata()
            .addToLabels("tier", "gold")
            .endMetadata()
            .editSpec()
            .addToInitContainers(step("first"), step("second"))
            .editFirstContainer()
            .addNewEnvFrom()
            .withPrefix("FIRST_")
            .withNewSecretRef("keys", false)
            .endEnvFrom()
            .addNewEnv()
            .withName("NODE")
            .withNewValueFrom()
            .withNewFieldRef(null, "spec.nodeName")
            .endValueFrom()
            .endEnv()
            .addNewEnv()
            .withName("KEY")
            .withNewValueFrom()
            .withNewConfigMapKeyRef("table.json", "settings", false)
            .endValueFrom()
            .endEnv()
            .addNewEnv()
            .withName("LABEL")
            .withNewValueFrom()
            .withNewFieldRef(null, "metadata.labels['tier']")
            .endValueFrom()
            .endEnv()
            .addNewEnv()
            .withName("CPUS")
            .withNewValueFrom()
            .withNewResourceFieldRef()
            .withContainerName("main")
            .withResource("limits.cpu")
            .endResourceFieldRef()
            .endValueFrom()
            .endEnv()
            .withNewResources()
            .addToLimits("cpu", new Quantity("1500m"))
            .endResources()
            .addNewVolumeMount()
            .withName("scratch")
            .withMountPath("/scratch")
            .endVolumeMount()
            .addNewVolumeMount()
            .withName("info")
            .withMountPath("/info")
            .endVolumeMount()
            .endContainer()
            .addNewVolume()
            .withName("scratch")
            .withNewEmptyDir()
            .endEmptyDir()
            .endVolume()
            .addNewVolume()
            .withName("info")
            .withNewDownwardAPI()
            .addNewItem()
            .withPath("labels")
            .withNewFieldRef(null, "metadata.labels")
            .endItem()
            .endDownwardAPI()
            .endVolume()
            .endSpec());
    Pod pod = cluster.awaitPod("full", "running", p -> Cluster.isPhase(p, "Running"));
    assertThat(pod.getStatus().getInitContainerStatuses())
        .allSatisfy(s -> assertThat(s.getState().getTerminated().getExitCode()).isZero());
    assertThat(Cluster.condition(pod, "Initialized").orElseThrow().getStatus()).isEqualTo("True");
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .until(() -> cluster.kubectl("logs", "full").contains("tier"));
    assertThat(cluster.kubectl("logs", "full", "-c", "main"))
        .endsWith("first\nsecond\nnode-" + pool + " s3cret one gold 2\ntier=\"gold\"\n");
  }

  private static io.fabric8.kubernetes.api.model.Container step(String name) {
    return new ContainerBuilder()
        .withName(name)
        .withImage("shell")
        .withCommand("/bin/sh", "-c", "sleep 0.2; echo " + name + " >>/scratch/log")
        .addNewVolumeMount()
        .withName("scratch")
        .withMountPath("/scratch")
        .endVolumeMount()
        .build();
  }
}
