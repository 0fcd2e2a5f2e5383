package dev.comptroller.e2e.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class ControlPlaneTest {

  @Test
  void shouldServeTheApiWithinSeconds(@TempDir Path parent) throws Exception {
    Instant before = Instant.now();
    List<Long> pids;
    try (ControlPlane plane = ControlPlane.start(Options.apiOnly().withParentFolder(parent))) {
      Duration took = Duration.between(before, Instant.now());
      System.out.println("API ready after " + took.toMillis() + " ms");
      assertThat(took).isLessThan(Duration.ofSeconds(30));
      pids = plane.processIds();
      assertThat(pids).hasSize(2).allMatch(Run::lives);
      Run created = Run.kubectl(plane, plane.kubeconfig(), "create", "namespace", "team-a");
      assertThat(created.output()).contains("namespace/team-a created");
      assertThat(created.status()).isZero();
    }
    assertThat(pids).noneMatch(Run::lives);
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void shouldDenyAUserWithoutARole() throws Exception {
    ControlPlane plane = SharedControlPlane.apiOnly();
    Path nobody = plane.kubeconfig("nobody", "visitors");
    Run denied = Run.kubectl(plane, nobody, "get", "secrets", "-A");
    assertThat(denied.status()).isNotZero();
    assertThat(denied.output()).contains("User \"nobody\" cannot list resource \"secrets\"");
    Run whoami = Run.kubectl(plane, nobody, "auth", "whoami");
    assertThat(whoami.output()).contains("nobody", "visitors");
  }

  @Test
  void shouldLetANodeRegisterItself() throws Exception {
    ControlPlane plane = SharedControlPlane.apiOnly();
    Path node = plane.kubeconfig("system:node:n1", "system:nodes");
    assertThat(Run.kubectl(plane, node, "auth", "can-i", "create", "nodes").output())
        .contains("yes");
    assertThat(Run.kubectl(plane, node, "auth", "can-i", "delete", "deployments").output())
        .contains("no");
  }

  @Test
  void shouldIssueTokensOfServiceAccounts() throws Exception {
    ControlPlane plane = SharedControlPlane.apiOnly();
    Path admin = plane.kubeconfig();
    Run.kubectl(plane, admin, "create", "namespace", "tokens");
    Run.kubectl(plane, admin, "-n", "tokens", "create", "serviceaccount", "reader");
    String token =
        Run.kubectl(plane, admin, "-n", "tokens", "create", "token", "reader").output().strip();
    Run whoami =
        Run.of(
            List.of(
                plane.kubectl().toString(),
                "--kubeconfig=/dev/null",
                "--server=" + plane.server(),
                "--certificate-authority=" + plane.caFile(),
                "--token=" + token,
                "auth",
                "whoami"));
    assertThat(whoami.output()).contains("system:serviceaccount:tokens:reader");
  }

  @Test
  void shouldEnforcePodSecurityWhereANamespaceAsksForIt() throws Exception {
    ControlPlane plane = SharedControlPlane.full();
    Path admin = plane.kubeconfig();
    Run.kubectl(plane, admin, "create", "namespace", "strict");
    Run.kubectl(
        plane,
        admin,
        "label",
        "namespace",
        "strict",
        "pod-security.kubernetes.io/enforce=restricted");
    Run refused = Run.kubectl(plane, admin, "-n", "strict", "run", "root", "--image=any/image:1");
    assertThat(refused.output()).contains("violates PodSecurity \"restricted:latest\"");
  }

  @Test
  void shouldScheduleAPodOfADeploymentWhenAllOfItRuns() throws Exception {
    ControlPlane plane = SharedControlPlane.full();
    Path admin = plane.kubeconfig();
    Run.kubectl(plane, admin, "create", "deployment", "web", "--image=any/image:1");
    Instant deadline = Instant.now().plusSeconds(20);
    Run waited;
    do {
      // Before there is a pod, kubectl has nothing to wait for and ends at once.
      waited =
          Run.kubectl(
              plane,
              admin,
              "wait",
              "pod",
              "-l",
              "app=web",
              "--for=jsonpath={.status.conditions[?(@.type==\"PodScheduled\")].reason}="
                  + "Unschedulable",
              "--timeout=20s");
    } while (!waited.output().contains("condition met") && Instant.now().isBefore(deadline));
    assertThat(waited.output()).contains("condition met");
  }

  @Test
  void shouldRunTwoSideBySide(@TempDir Path parent) throws Exception {
    ControlPlane one = SharedControlPlane.apiOnly();
    try (ControlPlane two = ControlPlane.start(Options.apiOnly().withParentFolder(parent))) {
      assertThat(two.server()).isNotEqualTo(one.server());
      Run.kubectl(two, two.kubeconfig(), "create", "namespace", "only-in-two");
      assertThat(Run.kubectl(two, two.kubeconfig(), "get", "namespaces").output())
          .contains("only-in-two");
      assertThat(Run.kubectl(one, one.kubeconfig(), "get", "namespaces").output())
          .contains("default")
          .doesNotContain("only-in-two");
    }
  }

  @Test
  void shouldNameAMissingBinaryAndSayWhatToDo(@TempDir Path folder) throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path work = Files.createDirectory(folder.resolve("work"));
    assertThatThrownBy(
            () -> ControlPlane.start(Options.apiOnly().withBin(bin).withParentFolder(work)))
        .isInstanceOf(ControlPlaneException.class)
        .hasMessage(
            "etcd is missing in %s: run e2e/control-plane/build, or set KUBEBUILDER_ASSETS to a"
                    .formatted(bin)
                + " folder that holds it");
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void shouldShowTheLastLinesOfAPartThatFailsAndLeaveNothing(@TempDir Path parent) {
    Options options =
        Options.apiOnly().withParentFolder(parent).withApiServerFlags(List.of("--no-such-flag"));
    assertThatThrownBy(() -> ControlPlane.start(options))
        .isInstanceOf(ControlPlaneException.class)
        .hasMessageContainingAll("kube-apiserver", "ended with status", "unknown flag: --no-such");
    assertThat(parent).isEmptyDirectory();
  }
}
