package dev.comptroller.e2e.fleet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Streams that are asked one after the other by a few clients until they are told to stop.
public final class Background implements AutoCloseable {
  private static final List<String> QUESTIONS =
      List.of(
          "Tell me about Paris.",
          "Why is the sky blue?",
          "What does a GPU do?",
          "Write a line about the sea.");
  private static final long MAX_TOKENS = 48;

  private final Traffic traffic;
  private final List<Traffic.Answer> answers = new CopyOnWriteArrayList<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean stopped;

  private Background(Traffic traffic) {
    this.traffic = traffic;
  }

  /// Starts so many clients that share some traffic.
  public static Background start(Traffic traffic, int clients) {
    Background background = new Background(traffic);
    for (int i = 0; i < clients; i++) {
      int first = i;
      background.clients.add(Thread.ofVirtual().start(() -> background.ask(first)));
    }
    return background;
  }

  /// Whole answers so far.
  public List<Traffic.Answer> answers() {
    return List.copyOf(answers);
  }

  /// What failed so far, in the client's words.
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /// Asks nothing more, and returns when the last answers have come.
  public void stop() {
    stopped = true;
    for (Thread client : clients) {
      try {
        client.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FleetException("interrupted while waiting for the last answers", e);
      }
    }
  }

  @Override
  public void close() {
    stop();
    traffic.close();
  }

  private void ask(int first) {
    for (int i = first; !stopped; i++) {
      try {
        answers.add(traffic.stream(QUESTIONS.get(i % QUESTIONS.size()), MAX_TOKENS, _ -> {}));
      } catch (RuntimeException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }
  }
}
