package dev.comptroller.e2e.promises.identifies;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Options;
import dev.comptroller.e2e.fleet.Command;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.promises.fleet.Json;
import dev.comptroller.gateway.cluster.ApiServerReviews;
import dev.comptroller.gateway.cluster.CredentialSecrets;
import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.gateway.identity.TokenReviews.Review;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Service-account tokens by a real API server's TokenReview, with no more rights than the chart
/// gives the gateway, and the `key` command line on Secrets in it.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class IdentifiesClientsTest {
  private static final String RIGHTS =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: gateway}
      rules:
      - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: gateway}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gateway}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: gateway}]
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: team-a}
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: comptroller-system}
      """;

  private ControlPlane plane;
  private Kubectl kubectl;
  private KubernetesClient gateway;
  private KubernetesClient nobody;
  private KubernetesClient admin;

  @BeforeAll
  void start() throws IOException {
    plane = ControlPlane.start(Options.apiOnly());
    kubectl = new Kubectl(plane.kubectl(), plane.kubeconfig(), plane.folder());
    kubectl.apply(RIGHTS);
    kubectl.run("create", "serviceaccount", "robot", "-n", "team-a");
    gateway = client(plane.kubeconfig("gateway"));
    nobody = client(plane.kubeconfig("nobody"));
    admin = client(plane.kubeconfig());
  }

  @AfterAll
  void stop() {
    List.of(gateway, nobody, admin).forEach(KubernetesClient::close);
    plane.close();
  }

  private static KubernetesClient client(Path kubeconfig) throws IOException {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig)))
        .build();
  }

  private String token(String account, String audience) {
    return kubectl
        .run("create", "token", account, "-n", "team-a", "--audience=" + audience)
        .strip();
  }

  private Review review(String token) {
    return new ApiServerReviews(gateway).review(token);
  }

  @Test
  void shouldKnowTheNamespaceAndNameOfATokenForItsAudience() {
    assertThat(review(token("robot", "comptroller")))
        .isEqualTo(new Review.Account("team-a", "robot"));
  }

  @Test
  void shouldRefuseATokenForAnotherAudience() {
    assertThat(review(token("robot", "https://kubernetes.default.svc.cluster.local")))
        .isEqualTo(new Review.Rejected());
    assertThat(review(token("robot", "vault"))).isEqualTo(new Review.Rejected());
  }

  @Test
  void shouldRefuseATokenThatHasExpired() throws Exception {
    String good = token("robot", "comptroller");
    Instant now = Instant.now();
    assertThat(review(again(good, now.plusSeconds(300))))
        .as("the same key signs a token that is still good")
        .isEqualTo(new Review.Account("team-a", "robot"));
    assertThat(review(again(good, now.minusSeconds(300)))).isEqualTo(new Review.Rejected());
  }

  @Test
  void shouldRefuseGarbageAndATokenThatSomebodyElseSigned() {
    String[] parts = token("robot", "comptroller").split("\\.", -1);
    assertThat(review("not.a.token")).isEqualTo(new Review.Rejected());
    assertThat(review(parts[0] + "." + parts[1] + "." + parts[2].substring(4) + "AAAA"))
        .isEqualTo(new Review.Rejected());
    assertThat(review(parts[0] + "." + parts[1] + ".")).isEqualTo(new Review.Rejected());
  }

  @Test
  void shouldRefuseTheTokenOfAnAccountThatIsGone() {
    kubectl.run("create", "serviceaccount", "leaver", "-n", "team-a");
    String token = token("leaver", "comptroller");
    assertThat(review(token)).isEqualTo(new Review.Account("team-a", "leaver"));
    kubectl.run("delete", "serviceaccount", "leaver", "-n", "team-a");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> review(token).equals(new Review.Rejected()));
  }

  @Test
  void shouldTellARefusedReviewFromARejectedToken() {
    assertThat(new ApiServerReviews(nobody).review(token("robot", "comptroller")))
        .isEqualTo(new Review.Unreachable("it answered 403"));
  }

  /// The token with other times, signed with the API server's own key.
  private String again(String token, Instant end) throws IOException, GeneralSecurityException {
    String[] parts = token.split("\\.", -1);
    ObjectNode claims =
        (ObjectNode)
            Json.parse(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8));
    long begin = end.getEpochSecond() - 600;
    claims.put("exp", end.getEpochSecond()).put("iat", begin).put("nbf", begin);
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    String signed =
        parts[0] + "." + encoder.encodeToString(claims.toString().getBytes(StandardCharsets.UTF_8));
    String pem = Files.readString(plane.folder().resolve("service-accounts.key"));
    byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)));
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + encoder.encodeToString(signature.sign());
  }

  @Test
  void shouldRotateListAndRevokeKeysThatTheGatewayTakesUp() throws Exception {
    LiveKeys keys = new LiveKeys();
    try (CredentialSecrets source = new CredentialSecrets(admin, "comptroller-system", keys)) {
      source.start();
      String first = shown(key("create", "--namespace=team-a", "--feature=chat,search"));
      knows(keys, first, true);

      Command.Result rotated = key("rotate", "--name=team-a-chat", "--overlap=1h");
      String second = shown(rotated);
      assertThat(rotated.output()).contains("# older keys of it end at ");
      assertThat(second).isNotEqualTo(first);
      knows(keys, second, true);
      knows(keys, first, true);
      assertThat(find(keys, first, Instant.now().plus(Duration.ofHours(2)))).isEmpty();
      assertThat(find(keys, second, Instant.now().plus(Duration.ofHours(2)))).isPresent();

      String listed = key("list").output();
      assertThat(listed.lines().filter(line -> line.startsWith("team-a-chat")))
          .singleElement()
          .asString()
          .contains("chat,search", "interactive,flex,batch", id(first) + " until ", id(second));
      assertThat(listed).doesNotContain(first, second);

      assertThat(key("revoke", "--name=team-a-chat", "--key=" + id(first)).output())
          .contains("revoked 1 keys of credential team-a-chat");
      knows(keys, first, false);
      knows(keys, second, true);
      assertThat(key("revoke", "--name=team-a-chat").output()).contains("revoked 1 keys");
      knows(keys, second, false);
      assertThat(key("list").output()).doesNotContain("team-a-chat");
      Command.Result gone = key("rotate", "--name=team-a-chat");
      assertThat(gone.status()).isEqualTo(1);
      assertThat(gone.output()).contains("there is no credential team-a-chat");
    }
  }

  private Command.Result key(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dio.netty.noUnsafe=true",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.comptroller.gateway.cluster.KeyCommand"));
    words.addAll(List.of(arguments));
    words.add("--kubeconfig=" + plane.kubeconfig());
    return Command.of(words.toArray(String[]::new)).run();
  }

  private static String shown(Command.Result result) {
    assertThat(result.status()).as(result.output()).isZero();
    return result.output().lines().filter(it -> it.startsWith("cmp_")).findFirst().orElseThrow();
  }

  private static String id(String key) {
    return key.split("_", -1)[1];
  }

  private static Optional<Credential> find(LiveKeys keys, String key, Instant at) {
    return keys.get().find(ApiKey.parse(key).orElseThrow(), at);
  }

  private static void knows(LiveKeys keys, String key, boolean expected) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> find(keys, key, Instant.now()).isPresent() == expected);
  }
}
