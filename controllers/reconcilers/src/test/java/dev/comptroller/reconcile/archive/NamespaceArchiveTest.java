package dev.comptroller.reconcile.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One namespace whose book the API server refuses does not cost the others theirs.
class NamespaceArchiveTest {
  private static final String HOME = "comptroller-system";
  private static final String MAPS = "/api/v1/namespaces/%s/configmaps".formatted(HOME);
  private static final NamespaceArchive.Terms TERMS =
      new NamespaceArchive.Terms("notes", Duration.ofMinutes(10), "nothing is known of it");

  private final KubernetesMockServer server = new KubernetesMockServer(false);
  private KubernetesClient client;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
  }

  @AfterEach
  void stop() {
    client.close();
    server.destroy();
  }

  /// Books of which all is new until it is written.
  private static final class Notes implements NamespaceArchive.Books {
    final SortedSet<String> moved = new TreeSet<>(Set.of("team-a", "team-b", "team-c"));

    @Override
    public Set<String> moved() {
      return Set.copyOf(moved);
    }

    @Override
    public boolean isEmpty(String namespace) {
      return false;
    }

    @Override
    public byte[] write(String namespace, Instant at, int most) {
      moved.remove(namespace);
      return new byte[] {1};
    }

    @Override
    public void unsaved(String namespace) {
      moved.add(namespace);
    }

    @Override
    public Instant read(String namespace, byte[] bytes) {
      return Instant.EPOCH;
    }
  }

  private NamespaceArchive archive(Notes notes) {
    Clock clock = Clock.fixed(Instant.parse("2026-03-02T00:00:00Z"), ZoneOffset.UTC);
    return new NamespaceArchive(client, HOME, clock, TERMS, notes);
  }

  private void refusesOnce() {
    server
        .expect()
        .post()
        .withPath(MAPS)
        .andReturn(
            HttpURLConnection.HTTP_FORBIDDEN,
            new StatusBuilder()
                .withCode(HttpURLConnection.HTTP_FORBIDDEN)
                .withMessage("exceeded quota")
                .build())
        .once();
  }

  private void takes(int times) {
    ConfigMap map =
        new ConfigMapBuilder().withNewMetadata().withResourceVersion("7").endMetadata().build();
    server
        .expect()
        .post()
        .withPath(MAPS)
        .andReturn(HttpURLConnection.HTTP_CREATED, map)
        .times(times);
  }

  @Test
  void shouldSaveEveryOtherNamespaceWhereOneIsRefusedAndTryThatAgain() {
    Notes notes = new Notes();
    NamespaceArchive archive = archive(notes);
    refusesOnce();
    takes(2);

    assertThatThrownBy(archive::save)
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("exceeded quota");
    assertThat(notes.moved).hasSize(1);

    takes(1);
    archive.save();
    assertThat(notes.moved).isEmpty();
  }

  @Test
  void shouldSaveEveryOtherNamespaceWhereOneIsRefusedWhenTheProcessEnds() {
    Notes notes = new Notes();
    refusesOnce();
    refusesOnce();
    takes(1);

    assertThatThrownBy(archive(notes)::saveAll)
        .isInstanceOf(KubernetesClientException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(notes.moved).hasSize(2);
  }
}
