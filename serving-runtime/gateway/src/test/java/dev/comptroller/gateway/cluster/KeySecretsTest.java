package dev.comptroller.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.gateway.identity.ApiKey;
import dev.comptroller.gateway.identity.CredentialEntry;
import dev.comptroller.gateway.identity.LiveKeys;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A key's life in Secrets, from the command to the gateway that watches them.
@SuppressWarnings("NullAway.Init")
class KeySecretsTest {
  private static final String HOME = "comptroller-system";

  KubernetesMockServer server;
  KubernetesClient admin;
  KeySecrets keys;
  final LiveKeys live = new LiveKeys();

  @BeforeEach
  void start() {
    server =
        new KubernetesMockServer(
            new Context(),
            new MockWebServer(),
            new HashMap<>(),
            new KubernetesCrudDispatcher(),
            false);
    server.init();
    admin = server.createClient();
    keys = new KeySecrets(server.createClient(), HOME, new SecureRandom());
  }

  @AfterEach
  void stop() {
    keys.close();
    admin.close();
    server.destroy();
  }

  /// The mock server keeps `stringData` as it is; a real one turns it into `data`.
  private void settle(String name) {
    Secret secret = admin.secrets().inNamespace(HOME).withName("comptroller-key-" + name).get();
    Map<String, String> data =
        new HashMap<>(secret.getData() == null ? Map.of() : secret.getData());
    if (secret.getStringData() != null) {
      secret
          .getStringData()
          .forEach(
              (field, value) ->
                  data.put(
                      field,
                      Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))));
    }
    admin.resource(new SecretBuilder(secret).withData(data).withStringData(null).build()).update();
  }

  private boolean works(ApiKey key) {
    return live.get().find(key, Instant.now()).isPresent();
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition);
  }

  @Test
  void shouldMakeRotateAndRevokeAKeyAndTellARunningGateway() throws Exception {
    try (CredentialSecrets source = new CredentialSecrets(server.createClient(), HOME, live)) {
      source.start();
      ApiKey first = keys.create("web", "shop", "search,chat", "interactive");
      settle("web");
      await(() -> works(first));
      Secret secret = admin.secrets().inNamespace(HOME).withName("comptroller-key-web").get();
      assertThat(secret.toString()).doesNotContain(first.text());
      assertThat(CredentialSecrets.fields(secret).toString())
          .doesNotContain(first.text().substring(14));
      assertThat(keys.list()).singleElement().asString().contains("web", "shop", "search,chat");

      ApiKey second = keys.rotate("web", Instant.now().plusSeconds(3_600));
      settle("web");
      await(() -> works(second));
      assertThat(works(first)).isTrue();
      assertThat(keys.list().getFirst()).contains(first.id() + " until ", second.id());

      assertThat(keys.revoke("web", first.id())).isEqualTo(1);
      settle("web");
      await(() -> !works(first));
      assertThat(works(second)).isTrue();
      assertThat(keys.revoke("web", null)).isEqualTo(1);
      await(() -> !works(second));
      assertThat(keys.list()).isEmpty();
    }
  }

  @Test
  void shouldIgnoreSecretsWithoutTheLabel() throws Exception {
    ApiKey key = ApiKey.random(new SecureRandom());
    try (CredentialSecrets source = new CredentialSecrets(server.createClient(), HOME, live)) {
      admin
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName("else")
                  .withNamespace(HOME)
                  .endMetadata()
                  .addToData(
                      "keys",
                      Base64.getEncoder()
                          .encodeToString(
                              CredentialEntry.Key.of(key).line().getBytes(StandardCharsets.UTF_8)))
                  .build())
          .create();
      source.start();
      ApiKey known = keys.create("web", "shop", "default", "batch");
      settle("web");
      await(() -> works(known));
      assertThat(works(key)).isFalse();
    }
  }

  @Test
  void shouldSayWhatIsWrongAndWhatToDo() throws Exception {
    assertThatThrownBy(() -> keys.create("a", "Shop!", "default", "batch"))
        .hasMessageContaining("namespace must be the name of a namespace");
    assertThatThrownBy(() -> keys.create("a", "shop", "default", "fast"))
        .hasMessageContaining("classes must be some of interactive, flex, batch");
    assertThatThrownBy(() -> keys.rotate("none", Instant.now()))
        .hasMessageContaining("there is no credential none", "key list");
    keys.create("a", "shop", "default", "batch");
    settle("a");
    assertThatThrownBy(() -> keys.create("a", "shop", "default", "batch"))
        .hasMessageContaining("credential a exists: rotate it");
    assertThatThrownBy(() -> keys.revoke("a", "00000000"))
        .hasMessageContaining("credential a has no key 00000000");
  }
}
