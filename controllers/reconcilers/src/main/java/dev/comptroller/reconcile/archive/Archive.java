package dev.comptroller.reconcile.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Compressed JSON in ConfigMaps of the installation's namespace, written by one process at a time.
public final class Archive {
  /// The most that is written: a ConfigMap holds a little more than this in Base64.
  public static final int MAX_BYTES = 700_000;

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String SCHEMA = "schema";

  private final VersionedMaps maps;
  private final String key;

  /// ConfigMaps in namespace `home`.
  ///
  /// @param component that they are labelled with
  /// @param key that the JSON stands under
  public Archive(KubernetesClient client, String home, String component, String key) {
    this.maps = new VersionedMaps(client, home, component);
    this.key = key;
  }

  /// The root of a book of this schema.
  public static ObjectNode book(int schema) {
    return JSON.createObjectNode().put(SCHEMA, schema);
  }

  /// A book as compressed JSON; the same book gives the same bytes.
  public static byte[] pack(ObjectNode book) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(JSON.writeValueAsBytes(book));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// The book that [#pack] made `bytes` of.
  ///
  /// @throws IllegalArgumentException if it did not, or of another schema
  public static JsonNode unpack(byte[] bytes, int schema) {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      JsonNode book = JSON.readTree(in);
      if (book.path(SCHEMA).asInt() != schema) {
        throw new IllegalArgumentException(
            "schema is %s, not %d".formatted(book.path(SCHEMA), schema));
      }
      return book;
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /// The ConfigMap called `name`; absent if there is none.
  public @Nullable ConfigMap get(String name) {
    return maps.get(name);
  }

  /// All of the component's.
  public List<ConfigMap> list() {
    return maps.list();
  }

  /// What is in `map`.
  ///
  /// @throws IllegalArgumentException if its key is missing or no Base64
  public byte[] bytes(ConfigMap map) {
    String text = map.getBinaryData() == null ? null : map.getBinaryData().get(key);
    if (text == null) {
      throw new IllegalArgumentException("the key is missing");
    }
    return Base64.getDecoder().decode(text);
  }

  /// The version that is there; absent if there is none.
  public @Nullable String version(String name) {
    ConfigMap map = get(name);
    return map == null ? null : map.getMetadata().getResourceVersion();
  }

  /// Writes over `version`, or anew without one; gives the version that is written.
  public String write(String name, byte[] bytes, @Nullable String version) {
    String text = Base64.getEncoder().encodeToString(bytes);
    return maps.write(name, map -> map.addToBinaryData(key, text), version);
  }

  /// Deletes the ConfigMap called `name`.
  public void delete(String name) {
    maps.delete(name);
  }
}
