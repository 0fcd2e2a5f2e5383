package dev.comptroller.gateway.identity;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.gateway.table.Poller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Credentials in a file, for a gateway without a cluster; changes are taken up as they happen.
///
/// `{"credentials": [{"namespace": ..., "features": ..., "classes": ..., "keys": ...}]}`, each with
/// the fields of [CredentialEntry], all of them strings.
public final class CredentialsFile implements CredentialSource {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;
  private final LiveKeys keys;
  private final Poller poller;
  private byte @Nullable [] seen;

  /// A source that looks at a file now and then.
  public CredentialsFile(Path file, LiveKeys keys, Duration interval) {
    this.file = file;
    this.keys = keys;
    this.poller = new Poller("credentials-file", interval, this::look);
  }

  @Override
  public void start() {
    poller.start();
  }

  @Override
  public void close() {
    poller.close();
  }

  private void look() {
    try {
      byte[] bytes = Files.readAllBytes(file);
      if (!Arrays.equals(bytes, seen)) {
        seen = bytes;
        keys.offer(file.toString(), read(bytes));
      }
    } catch (IOException e) {
      if (seen == null || seen.length > 0) {
        seen = new byte[0];
        keys.refused(file.toString(), new CredentialEntry.Bad("cannot be read: " + e.getMessage()));
      }
    } catch (CredentialEntry.Bad e) {
      keys.refused(file.toString(), e);
    }
  }

  private static List<Map<String, String>> read(byte[] bytes)
      throws IOException, CredentialEntry.Bad {
    JsonNode all;
    try {
      all = JSON.readTree(bytes).path("credentials");
    } catch (JacksonException _) {
      throw new CredentialEntry.Bad("is not JSON");
    }
    if (!all.isArray()) {
      throw new CredentialEntry.Bad("credentials must be an array of objects");
    }
    List<Map<String, String>> read = new ArrayList<>();
    for (JsonNode one : all) {
      Map<String, String> fields = new TreeMap<>();
      for (Map.Entry<String, JsonNode> field : one.properties()) {
        if (!field.getValue().isTextual()) {
          throw new CredentialEntry.Bad(
              "credentials[%d].%s must be a string".formatted(read.size(), field.getKey()));
        }
        fields.put(field.getKey(), field.getValue().asText());
      }
      read.add(fields);
    }
    return read;
  }
}
