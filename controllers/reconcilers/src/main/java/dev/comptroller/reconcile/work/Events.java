package dev.comptroller.reconcile.work;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Records what happened to an object as an `events.k8s.io/v1` Event; `kubectl describe` shows it.
///
/// An event that cannot be written is logged and lost: events never hold work up.
public final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final String CONTROLLER = "comptroller.dev/operator";
  private static final int MAX_NOTE = 1000;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final KubernetesClient client;
  private final Clock clock;
  private final String instance;
  private final AtomicLong count = new AtomicLong();

  /// Events reported by the operator process called `instance`.
  public Events(KubernetesClient client, Clock clock, String instance) {
    this.client = client;
    this.clock = clock;
    this.instance = instance;
  }

  /// Whether something went as wanted.
  public enum Type {
    /// It did.
    Normal,
    /// Somebody should look.
    Warning
  }

  /// Records that `action` was taken or seen on `regarding`.
  public void record(HasMetadata regarding, Type type, String reason, String action, String note) {
    record(regarding, null, type, reason, action, note);
  }

  /// Records that `action` on `regarding` concerned `related`.
  public void record(
      HasMetadata regarding,
      @Nullable HasMetadata related,
      Type type,
      String reason,
      String action,
      String note) {
    Instant now = clock.instant();
    String namespace =
        Optional.ofNullable(regarding.getMetadata().getNamespace()).orElse("default");
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withName(name(regarding, now))
            .withNamespace(namespace)
            .endMetadata()
            .withEventTime(new MicroTime(MICROS.format(now)))
            .withReportingController(CONTROLLER)
            .withReportingInstance(instance)
            .withType(type.name())
            .withReason(reason)
            .withAction(action)
            .withNote(shorten(note))
            .withRegarding(reference(regarding))
            .withRelated(related == null ? null : reference(related))
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      if (Refusal.namespaceEnds(e)) {
        return;
      }
      LOG.warn(
          "event {} about {} was not written: {}",
          reason,
          event.getRegarding().getName(),
          e.getMessage());
    }
  }

  private String name(HasMetadata regarding, Instant now) {
    long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano() + count.getAndIncrement();
    String name = regarding.getMetadata().getName();
    return name.substring(0, Math.min(name.length(), 230)) + "." + Long.toHexString(nanos);
  }

  private static ObjectReference reference(HasMetadata object) {
    return new ObjectReferenceBuilder()
        .withApiVersion(object.getApiVersion())
        .withKind(object.getKind())
        .withNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName())
        .withUid(object.getMetadata().getUid())
        .build();
  }

  private static String shorten(String note) {
    byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= MAX_NOTE
        ? note
        : new String(bytes, 0, MAX_NOTE - 3, StandardCharsets.UTF_8) + "...";
  }
}
