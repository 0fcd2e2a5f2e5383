package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// What the gateway's ledger says about the last requests.
///
/// @param requests how many usage lines there are, at most 1000
/// @param promptTokens tokens in
/// @param completionTokens tokens out
/// @param chargeMicros micro-dollars at the posted price
/// @param unpriced lines that were served before a price was posted
public record UsageLines(
    int requests, long promptTokens, long completionTokens, long chargeMicros, int unpriced) {
  private static final int ADMIN_PORT = 9090;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /// Reads them from the gateway's admin port, with a token of the operator's account: nobody else
  /// may read what every namespace asked for.
  public static UsageLines of(LocalFleet fleet) {
    URI address =
        URI.create(
            "http://%s:%d/usage?limit=1000".formatted(fleet.gateway().getHost(), ADMIN_PORT));
    String token = fleet.token("comptroller-operator");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(address)
              .timeout(PATIENCE)
              .header("authorization", "Bearer " + token)
              .build();
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new FleetException(
            "%s answered %d: %s".formatted(address, response.statusCode(), response.body()));
      }
      return of(new ObjectMapper().readTree(response.body()));
    } catch (IOException e) {
      throw new FleetException("cannot read %s: %s".formatted(address, e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FleetException("interrupted while reading " + address, e);
    }
  }

  private static UsageLines of(JsonNode list) {
    int requests = 0;
    int unpriced = 0;
    long prompt = 0;
    long completion = 0;
    long charge = 0;
    for (JsonNode line : list.path("data")) {
      requests++;
      prompt += line.path("prompt_tokens").asLong();
      completion += line.path("completion_tokens").asLong();
      charge += line.path("charge_micros").asLong();
      unpriced += line.path("charge_micros").isNumber() ? 0 : 1;
    }
    return new UsageLines(requests, prompt, completion, charge, unpriced);
  }
}
