package dev.comptroller.e2e.promises.identifies;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.fleet.FleetOptions;
import dev.comptroller.e2e.fleet.Installation;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.ModelCache;
import dev.comptroller.e2e.fleet.Progress;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Who may read what every namespace asked for, as the chart sets it up.
@Tag("integration")
class ListsRequestsToTheOperatorOnlyTest {
  private static final String SYSTEM = Installation.NAMESPACE;

  @Test
  void shouldListRequestsToTheOperatorAndToNobodyElse() throws Exception {
    Progress progress = Progress.timed(System.err, InstantSource.system());
    FleetOptions options = FleetOptions.of(ModelCache.Kind.SEEDED).withCredentials();
    try (LocalFleet fleet = LocalFleet.start(options, progress);
        HttpClient client = HttpClient.newHttpClient()) {
      String operator = fleet.token("comptroller-operator");
      String other = fleet.token("default");
      String gateway = fleet.gateway().getHost();
      for (String path : List.of("/queue", "/usage")) {
        assertThat(status(client, gateway, path, "none")).as(path).isEqualTo(401);
        assertThat(status(client, gateway, path, other)).as(path).isEqualTo(403);
        assertThat(status(client, gateway, path, operator)).as(path).isEqualTo(200);
      }
      assertThat(status(client, gateway, "/metrics", "none")).isEqualTo(200);

      // The operator's own token is shown within a scrape; a refusal would stand in its log.
      Awaitility.await()
          .pollDelay(Duration.ofSeconds(17))
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(
                          fleet
                              .kubectl()
                              .run("logs", "-n", SYSTEM, "deployment/comptroller-operator"))
                      .isNotEmpty()
                      .doesNotContain("--admin-account", "COMPTROLLER_GATEWAY_TOKEN_FILE"));
    }
  }

  private static int status(HttpClient client, String host, String path, String token)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create("http://" + host + ":9090" + path))
                .header("authorization", "Bearer " + token)
                .build(),
            BodyHandlers.ofString());
    return answer.statusCode();
  }
}
