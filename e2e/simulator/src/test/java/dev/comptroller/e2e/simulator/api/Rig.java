package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.simulator.api.FakeApi.Change;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.config.BaseConfigurationService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A cluster with the operator in it, on a virtual clock and one thread.
///
/// An operator that is killed by the fate of a write is started again at once; one that is killed
/// by [#kill] stays dead until [#start].
final class Rig {
  private static final int STEPS = 20_000;

  /// What complains when a process is killed, which is what the tests do all the time.
  private static final List<Logger> QUIET =
      Stream.of("dev.comptroller.reconcile", "io.javaoperatorsdk", "io.fabric8")
          .map(Logger::getLogger)
          .toList();

  final VirtualClock clock;
  final FakeApi api;
  final Bill bill = new Bill();
  final FakeFleet fleet;

  /// Writes of the operator, as `METHOD path`, in order; over all its lives.
  final List<String> writes = new ArrayList<>();

  /// Creations and deletions that the operator asked for and got, traces aside (which are kept as
  /// well as may be), as `ADDED kind namespace/name`.
  final List<String> births = new ArrayList<>();

  /// Variants whose replicas answer nothing well if they were created before an instant.
  final Map<String, Instant> sick = new HashMap<>();

  /// How often each thing but a condition was told by an event: about whom, why, and the note up to
  /// its figures.
  final Map<String, Integer> news = new TreeMap<>();

  /// Events about conditions that no status had, or that were told before.
  final List<String> rumours = new ArrayList<>();

  private final Set<String> untold = new HashSet<>();

  private final BiFunction<Integer, Request, Fate> fates;
  private final OperatorProcess.Temper temper;
  private final BaseConfigurationService framework = new BaseConfigurationService();
  private @Nullable OperatorProcess operator;
  private boolean acting;
  private long controlled = -1;
  private int starts;

  /// A cluster whose operator's n-th write meets the fate that `fates` gives it.
  Rig(Instant start, OperatorProcess.Temper temper, BiFunction<Integer, Request, Fate> fates) {
    QUIET.forEach(logger -> logger.setLevel(Level.OFF));
    clock = new VirtualClock(start);
    api = new FakeApi(clock);
    fleet = new FakeFleet(api, clock, bill);
    this.temper = temper;
    this.fates = fates;
    api.onChange(this::heard);
    fleet.apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(OperatorProcess.HOME));
  }

  /// The running operator.
  Optional<OperatorProcess> operator() {
    return Optional.ofNullable(operator);
  }

  /// How often it was started.
  int starts() {
    return starts;
  }

  /// Starts the operator, if it does not run.
  void start() {
    while (operator == null) {
      starts++;
      Session session =
          new Session(
              api,
              write -> {
                writes.add(write.method() + " " + write.path());
                return fates.apply(writes.size(), write);
              });
      acting = true;
      OperatorProcess next =
          new OperatorProcess(api, session, clock, temper, framework, this::isSick);
      acting = false;
      if (next.isDead()) {
        next.kill();
      } else {
        operator = next;
      }
    }
  }

  /// Kills the operator.
  void kill() {
    if (operator != null) {
      operator.kill();
      operator = null;
    }
  }

  /// Does everything that is due now.
  void settle() {
    boolean again = true;
    for (int steps = 0; again; steps++) {
      if (steps > STEPS) {
        throw new AssertionError(
            "no rest at %s after %d steps; last writes: %s"
                .formatted(
                    clock.instant(),
                    STEPS,
                    writes.subList(Math.max(0, writes.size() - 20), writes.size())));
      }
      again = (api.version() != controlled || fleet.isDue()) && fleet.control();
      controlled = again ? -1 : api.version();
      OperatorProcess running = operator;
      if (running != null) {
        acting = true;
        again |= running.step();
        acting = false;
        if (running.isDead()) {
          running.kill();
          operator = null;
          start();
          again = true;
        }
      }
    }
  }

  /// Lets time pass until `until`.
  void run(Instant until) {
    settle();
    while (true) {
      Instant next =
          Stream.concat(fleet.next().stream(), operator().flatMap(OperatorProcess::next).stream())
              .min(Instant::compareTo)
              .orElse(until);
      if (next.isAfter(until)) {
        clock.advance(until);
        return;
      }
      clock.advance(next);
      settle();
    }
  }

  /// Lets `time` pass.
  void run(Duration time) {
    run(clock.instant().plus(time));
  }

  private boolean isSick(Pod pod) {
    Instant until = sick.get(pod.getMetadata().getLabels().get(Names.VARIANT_LABEL));
    return until != null && Instant.parse(pod.getMetadata().getCreationTimestamp()).isBefore(until);
  }

  /// Takes an event in: one about a condition has to be the first about a change that is stored.
  private void told(JsonNode event) {
    JsonNode regarding = event.path("regarding");
    String who =
        "%s %s/%s"
            .formatted(
                regarding.path("kind").asText(),
                regarding.path("namespace").asText(),
                regarding.path("name").asText());
    String note = event.path("note").asText();
    String reason = event.path("reason").asText();
    if (event.path("action").asText().equals("Observe")) {
      String what = "%s %s %s".formatted(who, note.split(":", 2)[0], reason);
      if (!untold.remove(what)) {
        rumours.add(what);
      }
    } else {
      news.merge("%s %s: %s".formatted(who, reason, note.split("[0-9]", 2)[0]), 1, Integer::sum);
    }
  }

  /// Notes which conditions of an object changed.
  private void changed(Change change) {
    Set<String> before = new HashSet<>();
    if (change.before() != null) {
      before.addAll(conditions(change.key(), change.before()));
    }
    List<String> now = conditions(change.key(), change.object());
    now.stream().filter(condition -> !before.contains(condition)).forEach(untold::add);
  }

  private static List<String> conditions(FakeApi.Key key, JsonNode object) {
    return object
        .at("/status/conditions")
        .valueStream()
        .map(
            c ->
                "%s %s/%s %s is %s %s"
                    .formatted(
                        key.kind().name(),
                        key.namespace(),
                        key.name(),
                        c.path("type").asText(),
                        c.path("status").asText(),
                        c.path("reason").asText()))
        .toList();
  }

  private void heard(Change change) {
    if (!acting) {
      return;
    }
    if (change.key().kind().equals(Kind.EVENT)) {
      told(change.object());
    } else if (!change.type().equals("MODIFIED")
        && !change.key().name().startsWith("comptroller-traces-")) {
      births.add(change.type() + " " + change.key());
    }
    if (change.key().kind().apiVersion().startsWith("comptroller.dev/")) {
      changed(change);
    }
    if (change.key().kind().equals(Kind.CONFIG_MAP)
        && change.key().name().startsWith(Names.SPEND_CONFIG_MAP_PREFIX)) {
      JsonNode record = FakeApi.read(change.object().at("/data/record.json").asText());
      for (JsonNode uid : record.path("uids")) {
        bill.recorded(
            uid.asText(), clock.instant(), operator == null ? api.version() : operator.since());
      }
    }
  }
}
