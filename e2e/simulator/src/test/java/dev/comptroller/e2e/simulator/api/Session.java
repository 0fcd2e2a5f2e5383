package dev.comptroller.e2e.simulator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.e2e.simulator.api.FakeApi.Answer;
import dev.comptroller.e2e.simulator.api.FakeApi.Change;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// What one process and the API server have to do with each other: its requests, its watches, and
/// whether it still lives.
///
/// Events of watches wait until [#deliver] is called, so that caches are as old as the test wants.
final class Session {
  private final FakeApi api;
  private final Fates fates;
  private final List<Watching> watches = new ArrayList<>();
  private final Consumer<Change> ear = this::heard;
  private boolean dead;

  /// A session whose writes meet `fates`.
  Session(FakeApi api, Fates fates) {
    this.api = api;
    this.fates = fates;
    api.onChange(ear);
  }

  /// What happens to a write.
  enum Fate {
    /// It is carried out and answered.
    Done,
    /// The process is killed before the request is out.
    KilledBefore,
    /// The write is carried out, and the process is killed before it knows.
    KilledAfter,
    /// It is refused: somebody else wrote in between.
    Conflict,
    /// It is carried out, and the connection breaks before the answer.
    LostReply
  }

  /// Decides what happens to writes.
  @FunctionalInterface
  interface Fates {
    /// The fate of `write`.
    Fate of(Request write);
  }

  /// Who is told of events.
  interface Ear {
    /// Called with an event as the API server writes it.
    void event(String text);
  }

  private record Watching(Selection selection, Deque<String> waiting, Ear ear) {}

  /// Whether the process was killed.
  boolean isDead() {
    return dead;
  }

  /// Ends the session: nothing that the process still does has an effect.
  void kill() {
    dead = true;
    watches.clear();
    api.forget(ear);
  }

  /// Sends a request.
  Answer send(Request request) throws IOException {
    if (dead) {
      throw new IOException("this process is dead");
    }
    if (request.method().equals("GET")) {
      return api.handle(request);
    }
    return switch (fates.of(request)) {
      case Done -> api.handle(request);
      case KilledBefore -> {
        kill();
        throw new IOException("killed before " + request.method() + " " + request.path());
      }
      case KilledAfter -> {
        api.handle(request);
        kill();
        throw new IOException("killed after " + request.method() + " " + request.path());
      }
      case Conflict -> FakeApi.refusal(409, "Conflict", "somebody else wrote in between");
      case LostReply -> {
        api.handle(request);
        throw new IOException("connection reset after " + request.path());
      }
    };
  }

  /// Watches what `path` and `query` ask for; events after its version wait already.
  Object watch(String path, Map<String, String> query, Ear listener) {
    Watching watching =
        new Watching(Selection.of(Target.of(path), query), new ArrayDeque<>(), listener);
    String since = query.getOrDefault("resourceVersion", "");
    if (!since.isEmpty()) {
      api.after(Long.parseLong(since)).forEach(change -> offer(watching, change));
    }
    if (!dead) {
      watches.add(watching);
    }
    return watching;
  }

  /// Ends a watch.
  void unwatch(Object watching) {
    watches.removeIf(watch -> watch == watching);
  }

  /// Delivers one waiting event of every watch, `times` times over where that is more than one;
  /// whether there was any.
  boolean deliver(int times) {
    boolean any = false;
    for (Watching watch : List.copyOf(watches)) {
      String event = watch.waiting().poll();
      if (event != null) {
        any = true;
        for (int i = 0; i < times; i++) {
          watch.ear().event(event);
        }
      }
    }
    return any;
  }

  /// Drops all waiting events that a later one of the same object makes old.
  void coalesce() {
    for (Watching watch : watches) {
      List<String> events = new ArrayList<>(watch.waiting());
      List<String> kept = new ArrayList<>();
      for (int i = 0; i < events.size(); i++) {
        JsonNode event = FakeApi.read(events.get(i));
        boolean old = event.path("type").asText().equals("MODIFIED");
        String uid = "\"uid\":" + event.at("/object/metadata/uid");
        boolean later = false;
        for (int j = i + 1; j < events.size(); j++) {
          later |= events.get(j).contains(uid);
        }
        if (!old || !later) {
          kept.add(events.get(i));
        }
      }
      watch.waiting().clear();
      watch.waiting().addAll(kept);
    }
  }

  private void heard(Change change) {
    watches.forEach(watch -> offer(watch, change));
  }

  private static void offer(Watching watch, Change change) {
    if (watch.selection().covers(change.key(), change.object())) {
      ObjectNode event = FakeApi.JSON.createObjectNode().put("type", change.type());
      event.set("object", change.object());
      watch.waiting().add(event.toString());
    }
  }
}
