package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.e2e.simulator.api.FakeApi.Answer;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.protocol.Names;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/// Everything in a cluster but the operator: the controllers of Deployments, namespaces and owner
/// references, the scheduler, and nodes whose pods come, run and go; on the virtual clock.
///
/// [#control] does what is due now and returns whether it changed anything; what takes time waits
/// on the agenda.
final class FakeFleet {
  private final FakeApi api;
  private final VirtualClock clock;
  private final Bill bill;
  private final PriorityQueue<Due> agenda =
      new PriorityQueue<>(Comparator.comparing(Due::at).thenComparing(Due::order));
  private final Set<String> ending = new HashSet<>();
  private long order;
  private int addresses;
  private int pods;

  /// How long things take; tests may change them.
  Duration start = Duration.ofSeconds(75);

  /// How long a pod takes to leave.
  Duration stop = Duration.ofSeconds(20);

  FakeFleet(FakeApi api, VirtualClock clock, Bill bill) {
    this.api = api;
    this.clock = clock;
    this.bill = bill;
  }

  private record Due(Instant at, long order, Runnable what) {}

  /// Does `what` after `delay`.
  void after(Duration delay, Runnable what) {
    agenda.add(new Due(clock.instant().truncatedTo(ChronoUnit.SECONDS).plus(delay), order++, what));
  }

  /// When the next thing is due.
  Optional<Instant> next() {
    return Optional.ofNullable(agenda.peek()).map(Due::at);
  }

  /// Whether something is due now.
  boolean isDue() {
    return next().filter(at -> !at.isAfter(clock.instant())).isPresent();
  }

  /// Does what is due by now.
  boolean control() {
    long before = api.version();
    while (!agenda.isEmpty() && !agenda.peek().at().isAfter(clock.instant())) {
      agenda.remove().what().run();
    }
    collect();
    api.all(Kind.DEPLOYMENT).forEach(this::deployment);
    for (ObjectNode pod : api.all(Kind.POD)) {
      if (pod.at("/metadata").has("deletionTimestamp")) {
        leave(pod);
      } else if (!pod.at("/spec").has("nodeName")) {
        schedule(pod);
      }
    }
    return api.version() != before;
  }

  /// Applies the YAML `text` as kubectl does.
  void apply(String text) {
    for (String document : text.split("(?m)^---$")) {
      JsonNode body = FakeApi.read(document.strip());
      Kind kind = Kind.named(body.path("kind").asText()).orElseThrow();
      String path =
          path(kind, body.at("/metadata/namespace").asText(), body.at("/metadata/name").asText());
      send(
          new Request(
              "PATCH",
              path,
              Map.of("fieldManager", "kubectl"),
              "application/apply-patch+yaml",
              body.toString()));
    }
  }

  /// Deletes an object; nothing happens if there is none.
  void delete(Kind kind, String namespace, String name) {
    if (api.get(new FakeApi.Key(kind, namespace, name)).isPresent()) {
      send(new Request("DELETE", path(kind, namespace, name), Map.of(), "", ""));
    }
  }

  /// Deletes every deployment and budget.
  void clear() {
    for (Kind kind : List.of(Kind.MODEL_DEPLOYMENT, Kind.INFERENCE_BUDGET)) {
      api.keys().stream()
          .filter(key -> key.kind().equals(kind))
          .forEach(key -> delete(kind, key.namespace(), key.name()));
    }
  }

  /// A node of 8 GPUs, ready now.
  void node(String name, String pool, String type) {
    apply(
        """
        apiVersion: v1
        kind: Node
        metadata:
          name: %s
          labels: {%s: %s, %s: %s}
        """
            .formatted(name, Names.POOL_LABEL, pool, Names.CAPACITY_TYPE_LABEL, type));
    api.edit(
        new FakeApi.Key(Kind.NODE, "", name),
        node -> {
          ObjectNode status = node.putObject("status");
          status.putObject("allocatable").put(Names.GPU_RESOURCE, "8");
          status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        });
  }

  /// Takes a node away with everything on it; its pods are deleted 40 s later.
  void lose(String name) {
    delete(Kind.NODE, "", name);
    bill.gone(name, api.version());
    after(
        Duration.ofSeconds(40),
        () ->
            api.all(Kind.POD).stream()
                .filter(pod -> pod.at("/spec/nodeName").asText().equals(name))
                .forEach(pod -> remove(key(pod))));
  }

  /// Creates a pod; refused ones are not.
  void create(ObjectNode pod) {
    FakeApi.Key key = key(pod);
    send(
        new Request(
            "POST",
            path(Kind.POD, key.namespace(), ""),
            Map.of(),
            "application/json",
            pod.toString()));
  }

  /// Ends the containers of a pod that runs, whose node stays.
  void fail(FakeApi.Key key) {
    api.edit(
        key,
        pod -> {
          if (runs(pod)) {
            finish(pod, "Failed", 137);
          }
        });
    after(Duration.ofMinutes(10), () -> remove(key));
  }

  /// Starts the container of a pod anew.
  void restart(FakeApi.Key key) {
    api.edit(
        key,
        pod -> {
          if (runs(pod)) {
            ObjectNode container = (ObjectNode) pod.at("/status/containerStatuses/0");
            ObjectNode last = container.putObject("lastState").putObject("terminated");
            last.put("exitCode", 1).put("finishedAt", now());
            container.put("restartCount", container.path("restartCount").asInt() + 1);
            container.putObject("state").putObject("running").put("startedAt", now());
          }
        });
  }

  private void collect() {
    Set<String> uids = new HashSet<>();
    for (FakeApi.Key key : api.keys()) {
      uids.add(api.get(key).orElseThrow().at("/metadata/uid").asText());
    }
    for (FakeApi.Key key : api.keys()) {
      ObjectNode object = api.get(key).orElse(null);
      if (object == null || object.at("/metadata").has("deletionTimestamp")) {
        continue;
      }
      JsonNode owners = object.at("/metadata/ownerReferences");
      boolean orphan =
          !owners.isEmpty()
              && owners.valueStream().noneMatch(owner -> uids.contains(owner.path("uid").asText()));
      boolean homeless =
          key.kind().namespaced()
              && api.get(new FakeApi.Key(Kind.NAMESPACE, "", key.namespace()))
                  .filter(home -> !home.at("/metadata").has("deletionTimestamp"))
                  .isEmpty();
      if (orphan || homeless) {
        delete(key.kind(), key.namespace(), key.name());
      }
    }
    for (ObjectNode home : api.all(Kind.NAMESPACE)) {
      String name = home.at("/metadata/name").asText();
      if (home.at("/metadata").has("deletionTimestamp")
          && api.keys().stream().noneMatch(key -> key.namespace().equals(name))) {
        api.end(new FakeApi.Key(Kind.NAMESPACE, "", name));
      }
    }
  }

  private void deployment(ObjectNode deployment) {
    String uid = deployment.at("/metadata/uid").asText();
    String template = Integer.toHexString(deployment.at("/spec/template").toString().hashCode());
    List<ObjectNode> own = new ArrayList<>();
    for (ObjectNode pod : api.all(Kind.POD)) {
      if (pod.at("/metadata/ownerReferences/0/uid").asText().equals(uid)
          && !pod.at("/metadata").has("deletionTimestamp")
          && !pod.at("/status/phase").asText().equals("Failed")) {
        own.add(pod);
      }
    }
    int wanted = deployment.at("/spec/replicas").asInt();
    own.sort(
        Comparator.comparing((ObjectNode pod) -> isReady(pod))
            .thenComparing(pod -> pod.at("/metadata/name").asText(), Comparator.reverseOrder()));
    for (int i = 0; i < own.size() - wanted; i++) {
      remove(own.get(i), false);
    }
    Optional<ObjectNode> old =
        own.stream()
            .filter(pod -> !pod.at("/metadata/annotations/template").asText().equals(template))
            .findFirst();
    if (own.size() <= wanted && old.isPresent() && own.stream().allMatch(FakeFleet::isReady)) {
      remove(old.get(), false);
    }
    for (int i = own.size(); i < wanted; i++) {
      ObjectNode pod = FakeApi.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
      ObjectNode metadata = ((ObjectNode) deployment.at("/spec/template/metadata")).deepCopy();
      metadata
          .put("name", "%s-%06d".formatted(deployment.at("/metadata/name").asText(), pods++))
          .put("namespace", deployment.at("/metadata/namespace").asText());
      metadata.putObject("annotations").put("template", template);
      metadata
          .putArray("ownerReferences")
          .addObject()
          .put("apiVersion", "apps/v1")
          .put("kind", "Deployment")
          .put("name", deployment.at("/metadata/name").asText())
          .put("uid", uid);
      pod.set("metadata", metadata);
      pod.set("spec", deployment.at("/spec/template/spec").deepCopy());
      create(pod);
    }
  }

  private void schedule(ObjectNode pod) {
    int gpus = gpus(pod);
    for (ObjectNode node : api.all(Kind.NODE)) {
      String name = node.at("/metadata/name").asText();
      JsonNode labels = node.at("/metadata/labels");
      boolean fits =
          pod.at("/spec/nodeSelector").properties().stream()
              .allMatch(e -> labels.path(e.getKey()).equals(e.getValue()));
      int used =
          api.all(Kind.POD).stream()
              .filter(p -> p.at("/spec/nodeName").asText().equals(name))
              .filter(p -> !Set.of("Succeeded", "Failed").contains(p.at("/status/phase").asText()))
              .mapToInt(FakeFleet::gpus)
              .sum();
      if (fits && used + gpus <= 8) {
        bind(pod, name, labels, gpus);
        return;
      }
    }
    if (pod.at("/status/conditions").isEmpty()) {
      api.edit(key(pod), p -> condition(p, "PodScheduled", "False", "Unschedulable"));
    }
  }

  private void bind(ObjectNode pod, String node, JsonNode labels, int gpus) {
    FakeApi.Key key = key(pod);
    String uid = pod.at("/metadata/uid").asText();
    api.edit(
        key,
        p -> {
          ((ObjectNode) p.get("spec")).put("nodeName", node);
          condition(p, "PodScheduled", "True", "Scheduled");
        });
    if (gpus > 0) {
      bill.begin(
          uid,
          new Bill.Life(
              key.namespace(),
              labels.path(Names.POOL_LABEL).asText(),
              labels.path(Names.CAPACITY_TYPE_LABEL).asText(),
              gpus,
              node,
              Instant.parse(now())));
    }
    after(gpus > 0 ? start : start.dividedBy(4), () -> run(key, uid));
  }

  private void run(FakeApi.Key key, String uid) {
    api.edit(
        key,
        pod -> {
          boolean same = pod.at("/metadata/uid").asText().equals(uid);
          boolean there =
              api.get(new FakeApi.Key(Kind.NODE, "", pod.at("/spec/nodeName").asText()))
                  .isPresent();
          if (!same || !there || pod.at("/metadata").has("deletionTimestamp")) {
            return;
          }
          boolean reads = pod.at("/metadata/labels").has(Names.PRESTAGE_LABEL);
          if (reads) {
            ((ObjectNode) pod.get("status")).put("phase", "Succeeded");
            return;
          }
          ObjectNode status = (ObjectNode) pod.get("status");
          addresses++;
          status
              .put("phase", "Running")
              .put("podIP", "10.%d.%d.1".formatted(addresses / 250, addresses % 250));
          ObjectNode container = status.putArray("containerStatuses").addObject();
          container.put("name", Names.RUNTIME_CONTAINER).put("ready", true).put("restartCount", 0);
          container.putObject("state").putObject("running").put("startedAt", now());
          condition(pod, "Ready", "True", "Ready");
        });
  }

  /// Lets a pod go that was asked to: its containers end, then its node is done with it.
  private void leave(ObjectNode pod) {
    FakeApi.Key key = key(pod);
    String uid = pod.at("/metadata/uid").asText();
    boolean done = pod.at("/metadata/deletionGracePeriodSeconds").asLong() == 0;
    boolean there =
        api.get(new FakeApi.Key(Kind.NODE, "", pod.at("/spec/nodeName").asText())).isPresent();
    if (done || !there || !ending.add(uid)) {
      return;
    }
    if (!runs(pod)) {
      Instant asked =
          Instant.parse(pod.at("/metadata/deletionTimestamp").asText())
              .minusSeconds(pod.at("/metadata/deletionGracePeriodSeconds").asLong());
      bill.end(uid, asked);
      remove(key);
      return;
    }
    after(
        stop,
        () -> {
          api.edit(
              key,
              p -> {
                if (runs(p)
                    && api.get(new FakeApi.Key(Kind.NODE, "", p.at("/spec/nodeName").asText()))
                        .isPresent()) {
                  finish(p, "Succeeded", 0);
                  after(Duration.ofSeconds(2), () -> remove(key));
                }
              });
        });
  }

  private void finish(ObjectNode pod, String phase, int exitCode) {
    ObjectNode status = (ObjectNode) pod.get("status");
    status.put("phase", phase);
    ObjectNode container = (ObjectNode) status.at("/containerStatuses/0");
    container.put("ready", false);
    container
        .putObject("state")
        .putObject("terminated")
        .put("exitCode", exitCode)
        .put("finishedAt", now());
    condition(pod, "Ready", "False", "PodCompleted");
    bill.end(pod.at("/metadata/uid").asText(), Instant.parse(now()));
  }

  private void remove(FakeApi.Key key) {
    api.get(key).ifPresent(pod -> remove(pod, true));
  }

  private void remove(ObjectNode pod, boolean atOnce) {
    FakeApi.Key key = key(pod);
    send(
        new Request(
            "DELETE",
            path(Kind.POD, key.namespace(), key.name()),
            Map.of(),
            "application/json",
            atOnce ? "{\"gracePeriodSeconds\":0}" : ""));
  }

  private void send(Request request) {
    Answer answer = api.handle(request);
    if (answer.code() >= 400) {
      throw new IllegalStateException(request + ": " + answer.body());
    }
  }

  private void condition(ObjectNode pod, String type, String value, String reason) {
    ObjectNode status = (ObjectNode) pod.get("status");
    ArrayNode conditions = status.withArray("conditions");
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (conditions.get(i).path("type").asText().equals(type)) {
        conditions.remove(i);
      }
    }
    conditions
        .addObject()
        .put("type", type)
        .put("status", value)
        .put("reason", reason)
        .put("lastTransitionTime", now());
  }

  private static boolean isReady(JsonNode pod) {
    return pod.at("/status/conditions")
        .valueStream()
        .anyMatch(
            c ->
                c.path("type").asText().equals("Ready")
                    && c.path("status").asText().equals("True"));
  }

  private static boolean runs(JsonNode pod) {
    return pod.at("/status/containerStatuses/0/state").has("running");
  }

  private static int gpus(JsonNode pod) {
    return pod.at("/spec/containers")
        .valueStream()
        .mapToInt(c -> c.at("/resources/limits").path(Names.GPU_RESOURCE).asInt())
        .sum();
  }

  private static FakeApi.Key key(JsonNode pod) {
    return new FakeApi.Key(
        Kind.POD, pod.at("/metadata/namespace").asText(), pod.at("/metadata/name").asText());
  }

  private static String path(Kind kind, String namespace, String name) {
    return "%s/%s/%s%s%s"
        .formatted(
            kind.apiVersion().contains("/") ? "/apis" : "/api",
            kind.apiVersion(),
            kind.namespaced() ? "namespaces/" + namespace + "/" : "",
            kind.plural(),
            name.isEmpty() ? "" : "/" + name);
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
