package dev.comptroller.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Status records go through the real API server unharmed, and kubectl shows them at a glance.
@Tag("integration")
class StatusTest {
  private static final String AT = "2026-01-01T00:00:00Z";
  private static final Condition READY =
      new Condition("Ready", "True", "Serving", "2 of 2 replicas serve", 1L, AT);

  @SuppressWarnings("NullAway.Init")
  private static ApiServer server;

  @BeforeAll
  static void start() throws IOException {
    server = ApiServer.start("status");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void shouldShowADeploymentAtAGlance() throws IOException, InterruptedException {
    ModelDeploymentStatus status =
        new ModelDeploymentStatus(
            1L,
            List.of(READY),
            "large",
            2,
            3,
            2,
            "comptroller.dev/deployment=full,comptroller.dev/variant=large",
            "9.50",
            "0.66",
            "1515151",
            new ModelDeploymentStatus.CpmWindow(AT, AT, 12L),
            List.of(
                new ModelDeploymentStatus.VariantStatus(
                    "large", 2, 2, "4000.5", "0.66", "0.62", "1515151", "9.50")),
            new ModelDeploymentStatus.LastDecision(
                AT,
                "Hold",
                "large",
                2,
                "Serving",
                "2 replicas at $9.50/h carry the load",
                "maxReplicas",
                List.of(
                    new ModelDeploymentStatus.Candidate(
                        "large",
                        "h100",
                        CapacityType.ON_DEMAND,
                        2,
                        "9.50",
                        "0.66",
                        "0.95",
                        "Met",
                        "chosen")),
                new ModelDeploymentStatus.BudgetEffect(
                    AT,
                    "large",
                    2,
                    "0.95",
                    "19.00",
                    "19.00",
                    "9.50",
                    "9.50",
                    "3.20",
                    "2026-01-01T06:00:00Z")),
            List.of(
                new ModelDeploymentStatus.HistoryEntry(
                    AT,
                    "large",
                    2,
                    "Created",
                    "first rung",
                    "small",
                    "1.00",
                    "9.50",
                    "allowed $/hour",
                    "3.20",
                    "2026-01-01T06:00:00Z")),
            new ModelDeploymentStatus.Transition(
                "Canary",
                "large",
                "small",
                AT,
                AT,
                1,
                5,
                2,
                2,
                10,
                false,
                false,
                "BudgetHeat",
                "5 % of the requests go to small"),
            List.of(
                new ModelDeploymentStatus.Leg("large", 95, 2, 2, 7L),
                new ModelDeploymentStatus.Leg("small", 5, 2, 2, 8L)),
            new ModelDeploymentStatus.Rollout(
                8L,
                AT,
                1L,
                new ModelDeploymentStatus.BackOff("small", 1, AT, "StartFailed", "exit code 1"),
                new ModelDeploymentStatus.Held("small", "BackOff", "next try at " + AT),
                List.of(new ModelDeploymentStatus.Past("large", "0f3a9c21d4e5b607", 190L))),
            new ModelDeploymentStatus.Autoscaling(
                "large",
                3,
                null,
                AT,
                "Demand",
                "3 x large for $28.50/h: 7000 tokens/s expected within 195 s as now, +8 %",
                "the demand",
                "7560",
                15,
                180,
                new ModelDeploymentStatus.Floor(
                    2, "19.00", "0.00", "the floor of 2 costs $19.00/h, $0.00/h beyond demand")));
    ModelDeployment created = create("modeldeployment.yaml", ModelDeployment.class);
    created.setStatus(status);

    ModelDeployment stored = server.client().resource(created).updateStatus();

    assertThat(stored.getStatus()).isEqualTo(status);
    assertThat(server.kubectl("get", "md", "-n", "status"))
        .containsPattern(
            "NAME +VARIANT +DESIRED +REPLICAS +CPM +TOK/\\$ +\\$/HOUR +READY +AGE\n"
                + "full +large +3 +2 +0.66 +1515151 +9.50 +True +");
    assertThat(server.kubectl("get", "md", "-n", "status", "-o", "wide"))
        .contains("PHASE", "Canary");
    server.kubectl("scale", "md", "full", "-n", "status", "--replicas=5");
    assertThat(
            server.kubectl("get", "md", "full", "-n", "status", "-o", "jsonpath={.spec.replicas}"))
        .isEqualTo("5");
    assertThat(server.kubectl("get", "--raw", scale()))
        .contains("\"replicas\":2", "comptroller.dev/variant=large");
    assertThatThrownBy(() -> server.kubectl("scale", "md", "full", "-n", "status", "--replicas=9"))
        .hasMessageContaining("replicas must not exceed scaling.maxReplicas");
  }

  private static String scale() {
    return "/apis/comptroller.dev/v1alpha1/namespaces/status/modeldeployments/full/scale";
  }

  @Test
  void shouldShowABudgetAtAGlance() throws IOException, InterruptedException {
    InferenceBudgetStatus status =
        new InferenceBudgetStatus(
            1L,
            List.of(READY),
            new InferenceBudgetStatus.CurrentPeriod(AT, "2026-01-02T00:00:00Z"),
            "30.25",
            "1.50",
            "88.25",
            "0",
            "9.50",
            "4.95",
            "140.00",
            "Linear",
            new InferenceBudgetStatus.ForecastBand("120.00", "160.00"),
            "Linear: $9.50/h until the end",
            "2026-01-01T21:00:00Z",
            "2026-01-01T20:55:00Z",
            116,
            new InferenceBudgetStatus.HeatLog(
                AT,
                List.of(
                    new InferenceBudgetStatus.StepLog(HeatAction.WARN, 0, true, AT, null),
                    new InferenceBudgetStatus.StepLog(HeatAction.DOWNGRADE, 1, false, null, AT))),
            List.of(
                new InferenceBudgetStatus.ActiveAction(
                    HeatAction.WARN, 70, AT, null, "heat 116 % of forecast, at 70 %"),
                new InferenceBudgetStatus.ActiveAction(
                    HeatAction.DOWNGRADE, 90, AT, "2026-01-01T01:00:00Z", "heat 116 %")),
            List.of(
                new InferenceBudgetStatus.Granted(
                    "full",
                    "small",
                    2,
                    1,
                    "9.50",
                    AT,
                    AT,
                    300L,
                    "BudgetHeat",
                    "large to small: heat 116 %",
                    new InferenceBudgetStatus.Explained(
                        AT,
                        "large",
                        1,
                        "the heat ladder asks for small or lower",
                        "19.00",
                        "9.50",
                        "3.20",
                        "2026-01-01T06:00:00Z",
                        new InferenceBudgetStatus.WithoutBudget("large", "h100", "95", 2, "19.00"),
                        List.of(
                            new InferenceBudgetStatus.Weighed(
                                "large",
                                "h100",
                                "95",
                                2,
                                "19.00",
                                "1.89",
                                "Unknown",
                                "the heat ladder asks for small or lower"))))),
            List.of(new InferenceBudgetStatus.Committed("full", "large", 1, 2, AT)),
            new InferenceBudgetStatus.Allotted(AT, "12.5", "10.25"),
            List.of(new InferenceBudgetStatus.HourlyNeed(13, 12_500L, 11_250L, 750L)),
            new InferenceBudgetStatus.Traffic(
                true, 256L, 60_000L, false, "heat 116 % of forecast", "2026-01-02T00:00:00Z"),
            new InferenceBudgetStatus.TopSpenders(
                List.of(new InferenceBudgetStatus.Spender("Chat_1", "20.00", 400L, "0.05")),
                List.of(new InferenceBudgetStatus.Spender("other/full", "30.25", 500L, "0.0605"))),
            List.of(
                new InferenceBudgetStatus.FeatureUse(
                    "Chat_1",
                    "20.00",
                    "20.00",
                    "0.00",
                    "0.00",
                    FeatureAction.REFUSE,
                    true,
                    "AmountUsed",
                    "$20.00 of its $20.00 are charged",
                    "2026-01-02T00:00:00Z")),
            new InferenceBudgetStatus.BatchWork(12L, "2026-01-01T06:00:00Z", "3.50"),
            List.of(
                new InferenceBudgetStatus.Decided(
                    AT,
                    "full",
                    "large x 2",
                    "small x 2",
                    "9.50",
                    "3.20",
                    "allowed $/hour",
                    "BudgetHeat",
                    "heat 116 %")),
            "{\"amount\":\"120.00\"}");
    InferenceBudget created = create("inferencebudget.yaml", InferenceBudget.class);
    created.setStatus(status);

    InferenceBudget stored = server.client().resource(created).updateStatus();

    assertThat(stored.getStatus()).isEqualTo(status);
    assertThat(server.kubectl("get", "ib", "-n", "status"))
        .containsPattern(
            "NAME +AMOUNT +PERIOD +SPENT +LEFT +\\$/HOUR +HEAT +ACTION +EXHAUSTS +READY +AGE\n"
                + "full +120.00 +Day +30.25 +88.25 +9.50 +116 +Downgrade +2026-01-01T21:00:00Z"
                + " +True +");
  }

  @Test
  void shouldShowAPoolAtAGlance() throws IOException, InterruptedException {
    GpuNodePoolStatus status =
        new GpuNodePoolStatus(
            1L,
            List.of(READY),
            List.of(
                new GpuNodePoolStatus.CapacityStatus(
                    CapacityType.ON_DEMAND,
                    2,
                    16,
                    3,
                    13,
                    "19.00",
                    "38.00",
                    new GpuNodePoolStatus.Asked(3, 3, 2, "2026-03-01T10:00:00Z", 0, null))),
            2,
            16,
            3,
            13,
            "38.00",
            "57.00",
            "7.125",
            "30.875",
            new GpuNodePoolStatus.Bill(
                "2026-03-01T00:00:00Z",
                "2026-03-01T10:00:00Z",
                "380.00",
                "71.25",
                "308.75",
                null,
                "0.25",
                List.of(new GpuNodePoolStatus.Share("team", "71.25", "7.125"))),
            List.of(new GpuNodePoolStatus.Idle("a", "2026-03-01T10:00:00Z")),
            List.of(new GpuNodePoolStatus.Releasing("b", "Idle", "2026-03-01T10:00:00Z")));
    GpuNodePool created = create("gpunodepool.yaml", GpuNodePool.class);
    created.setStatus(status);

    GpuNodePool stored = server.client().resource(created).updateStatus();

    assertThat(stored.getStatus()).isEqualTo(status);
    assertThat(server.kubectl("get", "gnp"))
        .containsPattern(
            "NAME +GPU +NODES +GPUS +USED +\\$/HOUR +UNALLOCATED +CEILING +READY +AGE\n"
                + "glance +NVIDIA-H100-80GB-HBM3 +2 +16 +3 +38.00 +30.875 +100.00 +True +");
  }

  @Test
  void shouldAnswerForAllThreeKindsByCategory() throws IOException, InterruptedException {
    assertThat(server.kubectl("api-resources", "--categories=comptroller", "-o", "name"))
        .contains("modeldeployments", "inferencebudgets", "gpunodepools");
  }

  @Test
  void shouldExplainEveryFieldToUsers() throws IOException, InterruptedException {
    assertThat(server.kubectl("explain", "md.spec.variants.model.uri").replaceAll("\\s+", " "))
        .contains("PersistentVolumeClaim of the same namespace");
  }

  private static <T extends CustomResource<?, ?>> T create(String file, Class<T> type)
      throws IOException {
    Path path = Path.of("src/test/resources/manifests", file);
    T resource = new KubernetesSerialization().unmarshal(Files.readString(path), type);
    if (resource instanceof GpuNodePool) {
      resource.getMetadata().setName("glance");
    } else {
      resource.getMetadata().setNamespace("status");
    }
    return server.client().resource(resource).create();
  }
}
