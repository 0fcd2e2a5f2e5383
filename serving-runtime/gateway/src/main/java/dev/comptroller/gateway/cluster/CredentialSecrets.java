package dev.comptroller.gateway.cluster;

import dev.comptroller.gateway.identity.CredentialSource;
import dev.comptroller.gateway.identity.LiveKeys;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Watches the credential Secrets of the installation's namespace, and no others.
public final class CredentialSecrets implements CredentialSource {
  private static final Logger LOG = System.getLogger(CredentialSecrets.class.getName());

  private final KubernetesClient client;
  private final String namespace;
  private final LiveKeys keys;
  private @Nullable SharedIndexInformer<Secret> informer;

  /// A source on one namespace; closes the client with itself.
  public CredentialSecrets(KubernetesClient client, String namespace, LiveKeys keys) {
    this.client = client;
    this.namespace = namespace;
    this.keys = keys;
  }

  /// The fields of a Secret as text.
  static Map<String, String> fields(Secret secret) {
    Map<String, String> fields = new TreeMap<>();
    if (secret.getData() != null) {
      secret.getData().forEach((name, value) -> fields.put(name, decoded(value)));
    }
    return fields;
  }

  @Override
  public void start() {
    SharedIndexInformer<Secret> watch =
        client
            .secrets()
            .inNamespace(namespace)
            .withLabel(Names.CREDENTIAL_LABEL, Names.API_KEY_CREDENTIAL)
            .runnableInformer(0);
    watch.exceptionHandler(
        (_, cause) -> {
          LOG.log(
              Level.WARNING,
              "watch of credentials in {0} broke, trying again: {1}",
              namespace,
              String.valueOf(cause.getMessage()));
          return true;
        });
    watch.addEventHandler(new Handler());
    informer = watch;
    watch
        .start()
        .whenComplete(
            (_, failed) -> {
              if (failed != null) {
                LOG.log(
                    Level.WARNING,
                    "watch of credentials did not start: {0}",
                    String.valueOf(failed.getMessage()));
              }
            });
  }

  @Override
  public void close() {
    SharedIndexInformer<Secret> watch = informer;
    if (watch != null) {
      watch.close();
    }
    client.close();
  }

  private static String decoded(String value) {
    return new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
  }

  private static String name(Secret secret) {
    return "Secret " + secret.getMetadata().getNamespace() + "/" + secret.getMetadata().getName();
  }

  private final class Handler implements ResourceEventHandler<Secret> {
    @Override
    public void onAdd(Secret secret) {
      keys.offer(name(secret), List.of(fields(secret)));
    }

    @Override
    public void onUpdate(Secret before, Secret secret) {
      onAdd(secret);
    }

    @Override
    public void onDelete(Secret secret, boolean unknown) {
      keys.gone(name(secret));
    }
  }
}
