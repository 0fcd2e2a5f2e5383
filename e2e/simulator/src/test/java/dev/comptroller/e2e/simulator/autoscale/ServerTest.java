package dev.comptroller.e2e.simulator.autoscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerTest {
  /// A request in the plain model.
  private static final class Sequence {
    private final double at;
    private final int input;
    private final int output;
    private int computed;
    private int answered;
    private double first;
    private double end;

    private Sequence(double at, int input, int output) {
      this.at = at;
      this.input = input;
      this.output = output;
    }
  }

  /// The same replica with every sequence looked at in every step.
  private static List<Sequence> plain(Machine machine, Arrivals.Chunk chunk) {
    Deque<Sequence> waiting = new ArrayDeque<>();
    List<Sequence> running = new ArrayList<>();
    List<Sequence> done = new ArrayList<>();
    double now = 0;
    int coming = 0;
    while (done.size() < chunk.count()) {
      if (running.isEmpty() && waiting.isEmpty()) {
        now = Math.max(now, chunk.at()[coming]);
      }
      while (coming < chunk.count() && chunk.at()[coming] <= now) {
        waiting.add(
            new Sequence(chunk.at()[coming], chunk.input()[coming], chunk.output()[coming]));
        coming++;
      }
      while (!waiting.isEmpty() && running.size() < machine.limits().maxSequences()) {
        running.add(waiting.removeFirst());
      }
      now += step(machine, running);
      for (Sequence one : List.copyOf(running)) {
        if (one.computed == one.input) {
          if (one.answered++ == 0) {
            one.first = now;
          }
          if (one.answered == one.output) {
            one.end = now;
            running.remove(one);
            done.add(one);
          }
        }
      }
    }
    return done;
  }

  private static double step(Machine machine, List<Sequence> running) {
    double kv = 0;
    double tokens = 0;
    int touched = 0;
    for (Sequence one : running) {
      kv += one.computed + Math.max(0, one.answered - 1);
      if (one.answered > 0) {
        tokens++;
        touched++;
      }
    }
    for (Sequence one : running) {
      double room = machine.limits().maxBatchedTokens() - tokens;
      int take = (int) Math.min(room, one.input - one.computed);
      if (take > 0) {
        one.computed += take;
        tokens += take;
        touched++;
      }
    }
    return machine.cost().seconds(touched, tokens, kv);
  }

  @Test
  void shouldServeAsAModelThatLooksAtEverySequenceInEveryStep() {
    for (double rate : new double[] {2, 9, 12.5, 13.2}) {
      Machine machine = Scenes.machine(60);
      Arrivals.Chunk chunk = new Arrivals(Rates.steps("one", 300, rate), 2, 0, 7).window(0);
      Score score = new Score(Scenes.SLO, 3600, 600);
      Server server = new Server(machine, score, new Backlog(), Sizes.GENERATED.most());
      for (int i = 0; i < chunk.count(); i++) {
        server.advance(chunk.at()[i]);
        assertThat(server.offer(chunk.at()[i], chunk.input()[i], chunk.output()[i])).isTrue();
      }
      server.advance(Double.MAX_VALUE);

      List<Sequence> expected = plain(machine, chunk);
      assertThat(score.served()).isEqualTo(chunk.count());
      double[] firsts = expected.stream().mapToDouble(it -> it.first - it.at).sorted().toArray();
      for (double part : new double[] {0.5, 0.99}) {
        double exact = firsts[(int) Math.ceil(part * firsts.length) - 1];
        assertThat(score.firstToken(part)).isCloseTo(exact, within(0.01 * exact));
      }
      double end = expected.stream().mapToDouble(it -> it.end).max().orElse(0);
      assertThat(server.lastEnd()).isCloseTo(end, within(1e-6));
      assertThat(score.lateFirst())
          .isEqualTo(expected.stream().filter(it -> it.first - it.at > 2).count());
    }
  }

  @Test
  void shouldServeTwentyEightHundredTokensASecondWhenFull() {
    Machine machine = Scenes.machine(0);
    Score score = new Score(Scenes.SLO, 3600, 3600);
    Server server = new Server(machine, score, new Backlog(), Sizes.GENERATED.most());
    Arrivals.Chunk chunk = new Arrivals(Rates.steps("over", 600, 20), 1, 0, 3).window(0);
    for (int i = 0; i < chunk.count(); i++) {
      server.advance(chunk.at()[i]);
      server.offer(chunk.at()[i], chunk.input()[i], chunk.output()[i]);
    }

    assertThat(score.answerTokens() / 600.0).isCloseTo(2_800, within(0.03 * 2_800));
    assertThat(machine.fullRate(Scenes.MIX)).isCloseTo(2_800 / 211.0, within(0.01));
  }

  @Test
  void shouldGiveWayToRequestsThatMayNotWaitAndServeTheOthersLater() {
    Machine machine = Scenes.machine(0);
    Score score = new Score(Scenes.SLO, 3600, 3600);
    Backlog backlog = new Backlog();
    Server server = new Server(machine, score, backlog, Sizes.GENERATED.most());
    for (int i = 0; i < 500; i++) {
      backlog.add(0, 800, 300);
    }
    server.wake(0);
    server.advance(5);
    assertThat(server.batchRunning()).isEqualTo(64 - 8);
    for (int i = 0; i < 40; i++) {
      assertThat(server.offer(5, 100, 50)).isTrue();
    }
    server.advance(5.2);
    assertThat(server.interactive()).isEqualTo(40);
    server.advance(20);
    assertThat(score.firstToken(0.99)).isLessThan(0.2);
    server.advance(Double.MAX_VALUE);

    assertThat(score.served()).isEqualTo(40);
    assertThat(score.batchServed()).isEqualTo(500);
    assertThat(score.batchTokens()).isEqualTo(500 * 300);
    assertThat(backlog.size()).isZero();
    assertThat(server.kvUse()).isZero();
  }
}
