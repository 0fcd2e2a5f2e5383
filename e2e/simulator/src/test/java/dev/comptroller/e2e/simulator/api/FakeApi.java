package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An API server in memory: deterministic, single-threaded, on a virtual clock.
///
/// Resource versions, optimistic locks, generations, finalizers and deletion timestamps, graceful
/// deletion of pods, status subresources, server-side apply with field ownership, JSON and merge
/// patches, label selectors, watches, schema defaults of our resources, namespaces that end. Events
/// are told to who listens and not kept.
final class FakeApi {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Defaults DEFAULTS = new Defaults();
  private static final int REMEMBERED = 500;

  private final Clock clock;
  private final TreeMap<Key, ObjectNode> objects = new TreeMap<>();
  private final Deque<Change> log = new ArrayDeque<>();
  private final List<Consumer<Change>> listeners = new ArrayList<>();
  private long version = 100;
  private long uids;

  FakeApi(Clock clock) {
    this.clock = clock;
  }

  /// Where an object is.
  record Key(Kind kind, String namespace, String name) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparing((Key key) -> key.kind().plural())
            .thenComparing(Key::namespace)
            .thenComparing(Key::name);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
      return kind.name() + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
  }

  /// A request, as a client sends it.
  record Request(
      String method, String path, Map<String, String> query, String contentType, String body) {}

  /// An answer.
  record Answer(int code, JsonNode body) {}

  /// What a write did.
  record Change(
      long version, Key key, String type, @Nullable ObjectNode before, ObjectNode object) {}

  /// A request that is refused.
  static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int code;
    final String reason;

    RefusedException(int code, String reason, String message) {
      super(message);
      this.code = code;
      this.reason = reason;
    }
  }

  /// Calls `listener` with every change.
  void onChange(Consumer<Change> listener) {
    listeners.add(listener);
  }

  /// Stops calling `listener`.
  void forget(Consumer<Change> listener) {
    listeners.remove(listener);
  }

  /// The version of the last change.
  long version() {
    return version;
  }

  /// Changes after `since` that are still remembered.
  List<Change> after(long since) {
    return log.stream().filter(change -> change.version() > since).toList();
  }

  /// The object at `key`.
  Optional<ObjectNode> get(Key key) {
    return Optional.ofNullable(objects.get(key));
  }

  /// All objects of `kind`, in the order of their names.
  List<ObjectNode> all(Kind kind) {
    return objects.entrySet().stream()
        .filter(entry -> entry.getKey().kind().equals(kind))
        .map(Map.Entry::getValue)
        .toList();
  }

  /// All keys.
  List<Key> keys() {
    return List.copyOf(objects.keySet());
  }

  /// Changes the object at `key` as somebody else would; nothing happens if there is none.
  void edit(Key key, Consumer<ObjectNode> change) {
    ObjectNode old = objects.get(key);
    if (old != null) {
      ObjectNode next = old.deepCopy();
      change.accept(next);
      store(key, old, next);
    }
  }

  /// Carries `request` out.
  Answer handle(Request request) {
    try {
      return new Answer(200, answer(request));
    } catch (RefusedException e) {
      return refusal(e.code, e.reason, String.valueOf(e.getMessage()));
    } catch (Patches.FailedException e) {
      return refusal(422, "Invalid", String.valueOf(e.getMessage()));
    }
  }

  static Answer refusal(int code, String reason, String message) {
    ObjectNode status =
        JSON.createObjectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Failure")
            .put("code", code)
            .put("reason", reason)
            .put("message", message);
    if (reason.equals("NamespaceTerminating")) {
      status.put("reason", "Forbidden");
      status.putObject("details").putArray("causes").addObject().put("reason", reason);
    }
    return new Answer(code, status);
  }

  private JsonNode answer(Request request) {
    Target target = Target.of(request.path());
    if (target.name().isEmpty()) {
      return request.method().equals("GET")
          ? list(target, request.query())
          : create(target, (ObjectNode) read(request.body()));
    }
    Key key = new Key(target.kind(), target.namespace(), target.name());
    ObjectNode old = objects.get(key);
    boolean applies = request.contentType().startsWith("application/apply-patch");
    if (old == null && !applies) {
      throw new RefusedException(404, "NotFound", key + " not found");
    }
    return switch (request.method()) {
      case "GET" -> Objects.requireNonNull(old);
      case "DELETE" -> delete(key, read(request.body()));
      case "PUT" -> {
        ObjectNode body = (ObjectNode) read(request.body());
        locked(key, Objects.requireNonNull(old), body);
        yield store(key, old, framed(key, old, body, target.status()));
      }
      case "PATCH" ->
          applies
              ? apply(key, old, request, target.status())
              : patch(key, Objects.requireNonNull(old), request, target.status());
      default -> throw new RefusedException(405, "MethodNotAllowed", request.method());
    };
  }

  /// The objects that `query` selects, of now or, where any version is fine, of `lag` changes ago.
  private JsonNode list(Target target, Map<String, String> query) {
    ObjectNode list =
        JSON.createObjectNode()
            .put("kind", target.kind().name() + "List")
            .put("apiVersion", target.kind().apiVersion());
    boolean anyVersion = "0".equals(query.get("resourceVersion"));
    Map<Key, ObjectNode> seen = anyVersion ? past(lag) : objects;
    long at = anyVersion ? Math.max(0, version - lag) : version;
    list.putObject("metadata").put("resourceVersion", Long.toString(at));
    ArrayNode items = list.putArray("items");
    Selection selection = Selection.of(target, query);
    seen.forEach(
        (key, object) -> {
          if (selection.covers(key, object)) {
            items.add(object);
          }
        });
    return list;
  }

  /// How many changes old lists are whose reader takes any version.
  int lag;

  private Map<Key, ObjectNode> past(int changes) {
    Map<Key, ObjectNode> past = new TreeMap<>(objects);
    var newest = log.descendingIterator();
    while (newest.hasNext()) {
      Change change = newest.next();
      if (change.version() <= version - changes) {
        break;
      }
      if (change.before() == null) {
        past.remove(change.key());
      } else {
        past.put(change.key(), change.before());
      }
    }
    return past;
  }

  private ObjectNode create(Target target, ObjectNode body) {
    String name = body.at("/metadata/name").asText();
    Key key = new Key(target.kind(), target.namespace(), name);
    if (objects.containsKey(key)) {
      throw new RefusedException(409, "AlreadyExists", key + " already exists");
    }
    return born(key, body);
  }

  private ObjectNode born(Key key, ObjectNode body) {
    if (key.kind().namespaced()) {
      ObjectNode home = objects.get(new Key(Kind.NAMESPACE, "", key.namespace()));
      if (home == null) {
        throw new RefusedException(404, "NotFound", "namespace " + key.namespace() + " not found");
      }
      if (home.at("/metadata").has("deletionTimestamp")) {
        throw new RefusedException(
            403, "NamespaceTerminating", "namespace " + key.namespace() + " is being terminated");
      }
    }
    ObjectNode next = body.deepCopy();
    if (key.kind().hasStatus()) {
      next.remove("status");
    }
    next.put("apiVersion", key.kind().apiVersion()).put("kind", key.kind().name());
    ObjectNode metadata = (ObjectNode) next.get("metadata");
    if (key.kind().namespaced()) {
      metadata.put("namespace", key.namespace());
    }
    metadata
        .put("uid", "00000000-0000-4000-8000-%012d".formatted(++uids))
        .put("creationTimestamp", now())
        .put("generation", 1);
    if (key.kind().equals(Kind.POD)) {
      next.putObject("status").put("phase", "Pending");
    }
    DEFAULTS.fill(next);
    return store(key, null, next);
  }

  private ObjectNode patch(Key key, ObjectNode old, Request request, boolean status) {
    JsonNode patch = read(request.body());
    ObjectNode next =
        request.contentType().startsWith("application/json-patch")
            ? Patches.json(old, patch)
            : Patches.merge(old, patch);
    locked(key, old, next);
    return store(key, old, framed(key, old, next, status));
  }

  private ObjectNode apply(Key key, @Nullable ObjectNode old, Request request, boolean status) {
    ObjectNode body = (ObjectNode) read(request.body());
    String manager = request.query().getOrDefault("fieldManager", "unknown");
    ObjectNode applied = body.deepCopy();
    applied.remove(status ? "spec" : "status");
    ObjectNode fields = Apply.fields(applied);
    if (status) {
      fields.remove("f:metadata");
    }
    if (old == null) {
      if (status || body.at("/metadata").hasNonNull("resourceVersion")) {
        throw new RefusedException(404, "NotFound", key + " not found");
      }
      ((ObjectNode) applied.get("metadata")).remove("managedFields");
      own((ObjectNode) applied.get("metadata"), manager, status, fields, key);
      return born(key, applied);
    }
    locked(key, old, body);
    ObjectNode before = owned(old, manager, status);
    ((ObjectNode) applied.get("metadata")).remove(List.of("resourceVersion", "managedFields"));
    ObjectNode next = Apply.merge(old, applied);
    Apply.prune(next, before, fields, others(old, manager, status));
    ObjectNode framed = framed(key, old, next, status);
    if (framed.equals(old) && before.equals(fields)) {
      return old;
    }
    own((ObjectNode) framed.get("metadata"), manager, status, fields, key);
    return store(key, old, framed);
  }

  /// Refuses a write that was meant for another version or another object of the name.
  private static void locked(Key key, ObjectNode old, JsonNode body) {
    for (String field : List.of("resourceVersion", "uid")) {
      String wanted = body.at("/metadata/" + field).asText("");
      if (!wanted.isEmpty() && !wanted.equals(old.at("/metadata/" + field).asText())) {
        throw new RefusedException(
            409, "Conflict", "%s has been modified: %s is not %s".formatted(key, field, wanted));
      }
    }
  }

  /// `next` with what a write of this kind may not change as it is in `old`.
  private static ObjectNode framed(Key key, ObjectNode old, ObjectNode next, boolean status) {
    ObjectNode framed = (status ? old : next).deepCopy();
    JsonNode kept = status ? next.get("status") : old.get("status");
    if (status || key.kind().hasStatus()) {
      if (kept == null) {
        framed.remove("status");
      } else {
        framed.set("status", kept.deepCopy());
      }
    }
    ObjectNode metadata = (ObjectNode) framed.get("metadata");
    for (String field :
        List.of(
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "managedFields",
            "namespace")) {
      JsonNode value = old.at("/metadata").get(field);
      if (value == null) {
        metadata.remove(field);
      } else {
        metadata.set(field, value);
      }
    }
    framed.put("apiVersion", key.kind().apiVersion()).put("kind", key.kind().name());
    return framed;
  }

  private JsonNode delete(Key key, JsonNode options) {
    ObjectNode old = Objects.requireNonNull(objects.get(key));
    ObjectNode next = old.deepCopy();
    ObjectNode metadata = (ObjectNode) next.get("metadata");
    if (key.kind().equals(Kind.POD)) {
      long grace =
          options
              .path("gracePeriodSeconds")
              .asLong(old.at("/spec/terminationGracePeriodSeconds").asLong(30));
      grace = old.at("/spec").hasNonNull("nodeName") ? grace : 0;
      Instant asked = clock.instant().truncatedTo(ChronoUnit.SECONDS);
      if (metadata.has("deletionTimestamp")) {
        long given = metadata.get("deletionGracePeriodSeconds").asLong();
        asked = Instant.parse(metadata.get("deletionTimestamp").asText()).minusSeconds(given);
        grace = Math.min(grace, given);
      }
      metadata
          .put("deletionTimestamp", asked.plusSeconds(grace).toString())
          .put("deletionGracePeriodSeconds", grace);
    } else if (!metadata.has("deletionTimestamp")) {
      metadata.put("deletionTimestamp", now()).put("deletionGracePeriodSeconds", 0);
    }
    store(key, old, next);
    return next;
  }

  /// Puts `next` in the place of `old`; nothing happens if they are the same.
  private ObjectNode store(Key key, @Nullable ObjectNode old, ObjectNode next) {
    if (next.equals(old)) {
      return next;
    }
    ObjectNode metadata = (ObjectNode) next.get("metadata");
    if (old != null && !Objects.equals(old.get("spec"), next.get("spec"))) {
      metadata.put("generation", old.at("/metadata/generation").asLong() + 1);
    }
    metadata.put("resourceVersion", Long.toString(++version));
    boolean leaves =
        metadata.has("deletionTimestamp")
            && metadata.path("finalizers").isEmpty()
            && metadata.path("deletionGracePeriodSeconds").asLong() == 0
            && !key.kind().equals(Kind.NAMESPACE);
    if (leaves) {
      objects.remove(key);
    } else if (!key.kind().equals(Kind.EVENT)) {
      objects.put(key, next);
    }
    tell(
        new Change(
            version, key, leaves ? "DELETED" : old == null ? "ADDED" : "MODIFIED", old, next));
    return next;
  }

  /// Lets a namespace go that nothing is in any more.
  void end(Key namespace) {
    ObjectNode old = objects.remove(namespace);
    if (old != null) {
      ObjectNode last = old.deepCopy();
      ((ObjectNode) last.get("metadata")).put("resourceVersion", Long.toString(++version));
      tell(new Change(version, namespace, "DELETED", old, last));
    }
  }

  private void tell(Change change) {
    log.add(change);
    if (log.size() > REMEMBERED) {
      log.removeFirst();
    }
    List.copyOf(listeners).forEach(listener -> listener.accept(change));
  }

  private static Stream<JsonNode> entries(ObjectNode object) {
    return object.at("/metadata/managedFields").valueStream();
  }

  private static boolean is(JsonNode entry, String manager, boolean status) {
    return entry.path("manager").asText().equals(manager)
        && entry.path("subresource").asText().equals(status ? "status" : "");
  }

  private static ObjectNode owned(ObjectNode object, String manager, boolean status) {
    return entries(object)
        .filter(entry -> is(entry, manager, status))
        .map(entry -> (ObjectNode) entry.get("fieldsV1"))
        .findFirst()
        .orElseGet(JSON::createObjectNode);
  }

  private static List<JsonNode> others(ObjectNode object, String manager, boolean status) {
    return entries(object)
        .filter(entry -> !is(entry, manager, status))
        .map(entry -> entry.get("fieldsV1"))
        .toList();
  }

  private void own(
      ObjectNode metadata, String manager, boolean status, ObjectNode fields, Key key) {
    ArrayNode next = JSON.createArrayNode();
    for (JsonNode entry : metadata.path("managedFields")) {
      if (!is(entry, manager, status)) {
        ObjectNode other = entry.deepCopy();
        Apply.release((ObjectNode) other.get("fieldsV1"), fields);
        next.add(other);
      }
    }
    ObjectNode mine =
        next.addObject()
            .put("manager", manager)
            .put("operation", "Apply")
            .put("apiVersion", key.kind().apiVersion())
            .put("time", now())
            .put("fieldsType", "FieldsV1");
    mine.set("fieldsV1", fields);
    if (status) {
      mine.put("subresource", "status");
    }
    metadata.set("managedFields", next);
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  static JsonNode read(String text) {
    try {
      if (text.isBlank()) {
        return JSON.createObjectNode();
      }
      return text.startsWith("{\"") || text.equals("{}") || text.startsWith("[")
          ? JSON.readTree(text)
          : YAML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new RefusedException(400, "BadRequest", String.valueOf(e.getMessage()));
    }
  }
}
